import { expect } from 'chai';
import { z } from 'zod';

import {
  arg,
  bytesSchema,
  defineObject,
  describeMethod,
  describeObject,
  durationSchema,
  method,
  property,
} from '@patchbay/objects/define';

import { methodHelp, objectHelp } from '../src/help.js';

const description = describeObject(
  'storage',
  defineObject({
    summary: 'Gives diskless nodes their disks',
    methods: {
      provision: method({
        summary: 'Give a node a disk that is a clone of an image',
        args: [
          arg('node', z.string(), 'The node'),
          arg('image', z.string(), 'The image to clone'),
          arg('snapshot', z.string().optional(), 'A snapshot of the image'),
        ],
        options: {
          sizeBytes: bytesSchema().optional().describe('The size of the disk'),
          timeoutMs: durationSchema().default(30_000).describe('How long to wait'),
          keepDisk: z.boolean().default(false).describe('Keep the disk'),
          format: z.enum(['raw', 'qcow2']).default('raw').describe('The format'),
          luns: z.array(z.int()).describe('The LUNs'),
        },
        returns: z.null(),
        timeoutMs: 24 * 3_600_000,
        run: () => null,
      }),
      list_nodes: method({
        summary: 'List the nodes',
        returns: z.null(),
        timeoutMs: 'none',
        run: () => null,
      }),
    },
  }),
);
const isHidden = (flag: string): boolean => flag === '--timeout' || flag === '--format';
const form = { prefix: 'rpcclient ', width: 80 };

describe('objectHelp', () => {
  it('lists the methods with their arguments and summaries', () => {
    expect(objectHelp(description, form).split('\n')).to.deep.equal([
      'storage: Gives diskless nodes their disks',
      '',
      'Methods:',
      '  provision NODE IMAGE [SNAPSHOT]  Give a node a disk that is a clone of an',
      '                                   image',
      '  list_nodes                       List the nodes',
      '',
      '"rpcclient help METHOD" shows a method\'s options.',
    ]);
  });

  it('lists the properties, and says what is deprecated', () => {
    const depot = defineObject({
      summary: 'A depot',
      deprecated: 'use depot/v2',
      methods: { old: method({ summary: 'Count', returns: z.int(), deprecated: 'read size', run: () => 1 }) },
      properties: { size: property(z.int().describe('how many items there are'), () => 1) },
    });
    const described = describeObject('depot', depot);
    expect(objectHelp(described, form).split('\n')).to.deep.equal([
      'depot: A depot (deprecated: use depot/v2)',
      '',
      'Methods:',
      '  old  Count (deprecated: read size)',
      '',
      'Properties:',
      '  size  how many items there are',
      '',
      '"rpcclient help METHOD" shows a method\'s options.',
    ]);
    expect(methodHelp(described.methods[0]!, form)).to.equal(
      'Usage: rpcclient old\n\nCount (deprecated: read size)\n\nTime limit: 1m; --timeout sets another\n\nNeeds the role operator',
    );
  });

  it("escapes control characters in a server's text", () => {
    const hostile = { ...description, summary: 'x\u001b[2Jy' };
    expect(objectHelp(hostile, form)).to.contain('x\\u001b[2Jy');
  });
});

describe('methodHelp', () => {
  it('shows the usage, the arguments and the options', () => {
    expect(methodHelp(description.methods[0]!, form, isHidden).split('\n')).to.deep.equal([
      'Usage: rpcclient provision NODE IMAGE [SNAPSHOT] [--size SIZE] [--timeout',
      '           TIMEOUT] [--keep-disk] [--format FORMAT] --luns LUNS...',
      '',
      'Give a node a disk that is a clone of an image',
      '',
      'Arguments:',
      '  NODE      The node',
      '  IMAGE     The image to clone',
      '  SNAPSHOT  A snapshot of the image',
      '',
      'Options:',
      '  --size SIZE        The size of the disk (such as 20GiB or 1.5TB)',
      '  --timeout TIMEOUT  How long to wait (such as 30s or 1h30m; default: 30s)',
      '  --keep-disk        Keep the disk',
      '  --format FORMAT    The format (raw, qcow2; default: raw)',
      '  --luns LUNS        The LUNs (may be repeated; required)',
      '',
      'Time limit: 1d; --timeout sets another',
      '',
      'Needs the role operator',
      '',
      '--timeout, --format: rpcclient has an option of this name too; write "rpcclient',
      '-- provision ..." for the method\'s.',
    ]);
  });

  it('shows what the alternatives of an option look like', () => {
    const options = {
      ttl: z
        .union([durationSchema(), z.literal('none')])
        .default('none')
        .describe('How long'),
    };
    const wait = method({ summary: 'Wait', options, returns: z.null(), run: () => null });
    expect(methodHelp(describeMethod('wait', wait), form)).to.contain(
      '  --ttl TTL  How long (such as 30s or 1h30m; none; default: none)',
    );
  });

  it('omits what a method does not have', () => {
    expect(methodHelp(description.methods[1]!, form)).to.equal(
      'Usage: rpcclient list_nodes\n\nList the nodes\n\nTime limit: none; --timeout sets another\n\nNeeds the role operator',
    );
  });
});
