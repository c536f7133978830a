import { expect } from 'chai';
import { z } from 'zod';

import { arg } from '../../src/object/arg.js';
import { bytesSchema } from '../../src/object/schemas.js';
import { callSignature, usageLine } from '../../src/object/usage.js';
import { defineObject, method, property } from '../../src/object/define.js';
import { describeMethod, describeObject } from '../../src/object/describe.js';
import { objectDescription } from '../../src/object/description.js';
import { provisionMethod } from './provision-method.js';

const storage = defineObject({
  summary: 'Disks for nodes',
  methods: {
    provision: provisionMethod(),
    tail: method({
      summary: 'Follow logs',
      args: [arg('names', z.array(z.string()), 'Whose logs')],
      returns: z.null(),
      yields: z.string(),
      async *run() {
        yield await Promise.resolve('a line');
        return null;
      },
    }),
  },
});

describe('describeObject', () => {
  const description = describeObject('storage', storage);
  const [provision, tail] = description.methods;

  it('keeps to its own schema, also after a trip as JSON', () => {
    expect(objectDescription.parse(JSON.parse(JSON.stringify(description)))).to.deep.equal(description);
  });

  it('describes the name, summary and schema of a positional argument', () => {
    expect(provision!.args[0]).to.deep.include({
      name: 'node',
      summary: 'The node',
      required: true,
      placeholder: 'NODE',
    });
    expect(provision!.args[0]!.schema).to.deep.include({ type: 'string', maxLength: 63 });
    expect(provision!.args[2]).to.include({ name: 'snapshot', required: false });
  });

  it('describes the flag of an option, and its unit', () => {
    expect(provision!.options[0]).to.deep.include({
      name: 'sizeBytes',
      flag: '--size',
      summary: 'The size of the disk',
      required: false,
      placeholder: 'SIZE',
    });
    expect(provision!.options[0]!.schema).to.include({ type: 'integer', unit: 'bytes' });
  });

  it('lets a schema name its placeholder', () => {
    expect(provision!.options[2]).to.include({ name: 'initiator', placeholder: 'IQN' });
  });

  it('describes no placeholder for a boolean option', () => {
    expect(provision!.options[3]).to.include({ flag: '--keep-disk' }).and.not.have.property('placeholder');
  });

  it('describes whether a method yields, and whether it is idempotent', () => {
    expect(tail!.yields).to.deep.equal({ type: 'string' });
    expect(provision).not.to.have.property('yields');
    expect([provision!.idempotent, tail!.idempotent]).to.deep.equal([true, false]);
  });

  it('describes that a method destroys something, and nothing where it does not', () => {
    const shape = { summary: 'Drop it', returns: z.null(), run: () => null };
    expect(describeMethod('drop', method({ ...shape, destructive: true }))).to.include({ destructive: true });
    expect(describeMethod('drop', method(shape))).not.to.have.property('destructive');
  });

  it('describes that a method asks to be a job, and how, or for a reason, and nothing where it does not', () => {
    const shape = { summary: 'Drop it', returns: z.null(), run: () => null };
    expect(describeMethod('drop', method({ ...shape, job: true })).job).to.deep.equal({});
    expect(describeMethod('drop', method({ ...shape, job: { retries: 3 } })).job).to.deep.equal({
      retries: 3,
    });
    expect(describeMethod('drop', method({ ...shape, requiresReason: true })).requiresReason).to.equal(true);
    expect(describeMethod('drop', method({ ...shape, job: false }))).not.to.have.any.keys(
      'job',
      'requiresReason',
    );
  });

  it('describes what the caller of a method, and the reader of a property, must be', () => {
    const shape = { summary: 'Look', returns: z.null(), run: () => null };
    const { methods, properties } = describeObject(
      'levels',
      defineObject({
        summary: 'Levels',
        methods: { look: method({ ...shape, access: 'member' }), change: method(shape) },
        properties: {
          size: property(z.int(), () => 1),
          secret: property(z.int(), () => 1, { access: 'administer' }),
        },
      }),
    );
    expect(methods.map(({ access }) => access)).to.deep.equal(['member', 'operate']);
    expect(properties?.map(({ access }) => access)).to.deep.equal(['view', 'administer']);
  });

  it('reads a description by a server that knows of no levels', () => {
    const old = JSON.parse(JSON.stringify(description)) as { methods: { access?: string }[] };
    old.methods.forEach((each) => delete each.access);
    expect(objectDescription.parse(old).methods[0]).not.to.have.property('access');
  });

  it('keeps the unit in a flag where another option has the name without it', () => {
    const options = { size: z.string().optional(), sizeBytes: bytesSchema().optional() };
    const both = describeMethod('x', method({ summary: 'X', options, returns: z.null(), run: () => null }));
    expect(both.options.map(({ flag }) => flag)).to.deep.equal(['--size', '--size-bytes']);
  });
});

describe('a usage line', () => {
  const [provision, tail] = describeObject('storage', storage).methods;

  it('shows what may be left out in brackets, and what is on by default as its opposite', () => {
    expect(usageLine(provision!)).to.equal(
      'provision NODE IMAGE [SNAPSHOT] [--size SIZE] [--timeout TIMEOUT] [--initiator IQN] [--keep-disk] ' +
        '[--no-verify] [--format FORMAT] [--luns LUNS]... [--labels LABELS]',
    );
  });

  it('marks a list that takes all remaining arguments', () => {
    expect(usageLine(tail!)).to.equal('tail NAMES...');
  });

  it('shows programs the names of the options', () => {
    expect(callSignature(provision!)).to.equal(
      'provision(node, image, snapshot?, { sizeBytes?, timeoutMs?, initiator?, keepDisk?, verify?, format?, luns?, labels? })',
    );
  });
});
