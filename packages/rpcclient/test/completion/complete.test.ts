import { expect } from 'chai';
import { z } from 'zod';

import { valuesIn } from '@patchbay/objects';
import { arg, bytesSchema, defineObject, describeObject, method, property } from '@patchbay/objects/define';

import type { Completion } from '../../src/completion/candidate.js';
import { complete } from '../../src/completion/complete.js';
import type { Sources } from '../../src/completion/sources.js';

const node = z.string().meta({ values: { method: 'list_nodes', field: 'node' } });
const disks = defineObject({
  summary: 'Disks',
  properties: { capacity: property(z.int().describe('how many disks there is room for'), () => 1) },
  methods: {
    provision: method({
      summary: 'Provision',
      args: [
        arg('node', node, 'the node'),
        arg('source', z.string().optional(), 'a file'),
        arg('copies', z.int().optional(), 'how many'),
      ],
      options: {
        sizeBytes: bytesSchema().optional().describe('the size'),
        verify: z.boolean().default(true).describe('verify'),
        tag: z
          .array(z.enum(['red', 'green']))
          .optional()
          .describe('tags'),
        from: node.optional().describe('from which'),
      },
      returns: z.null(),
      run: () => null,
    }),
    delete_snapshot: method({
      summary: 'Delete a snapshot',
      args: [
        arg('node', node, 'the node'),
        arg(
          'name',
          z.string().meta({ values: { method: 'list_snapshots', field: 'name', with: ['node'] } }),
          'the snapshot',
        ),
      ],
      returns: z.null(),
      run: () => null,
    }),
    list_nodes: method({ summary: 'List', returns: z.array(z.unknown()), idempotent: true, run: () => [] }),
    list_snapshots: method({
      summary: 'List snapshots',
      args: [arg('node', z.string(), 'the node')],
      returns: z.array(z.unknown()),
      idempotent: true,
      run: () => [],
    }),
  },
});

/** Sources of two objects, both of them disks. */
const sources: Sources = {
  names: (prefix) => Promise.resolve(['disks', 'disks.two'].filter((name) => name.startsWith(prefix))),
  describe: (name) =>
    name.startsWith('disks')
      ? Promise.resolve(describeObject(name, disks))
      : Promise.reject(new Error('no such object')),
  hosts: () =>
    Promise.resolve([
      { name: 'web-1', groups: ['linux'] },
      { name: 'db-1', groups: ['linux', 'db'] },
    ]),
  values: (_object, from, args) =>
    Promise.resolve(
      from.method === 'list_nodes'
        ? valuesIn([{ node: 'node7' }, { node: 'n\u001b[2J' }, { node: 'node8' }], from)
        : valuesIn([{ name: `of-${args.join()}` }], from),
    ),
};

/** Returns what the last argument may become. */
async function valuesAt(line: string): Promise<string[]> {
  return (await at(line)).candidates.map(({ value }) => value);
}

/** Completes the end of a line whose arguments hold no spaces. */
async function at(line: string): Promise<Completion> {
  const argv = line.split(' ');
  return await complete(
    { argv: argv.slice(0, -1), current: argv.at(-1) ?? '', defaultObject: 'disks' },
    sources,
  );
}

describe('The last word of a command line', () => {
  const rows: [line: string, values: string[]][] = [
    ['prov', ['provision']],
    ['disks.t', ['disks.two.']],
    ['cap', ['capacity']],
    ['disks.two.cap', ['disks.two.capacity']],
    ['disks.two.del', ['disks.two.delete_snapshot']],
    ['l', ['ls', 'login', 'logout', 'list_nodes', 'list_snapshots']],
    ['-- l', ['list_nodes', 'list_snapshots']],
    ['provision n', ['node7', 'node8']],
    ['disks.two.provision node8', ['node8']],
    ['--json provision node7', ['node7']],
    ['delete_snapshot node7 ', ['of-node7']],
    ['provision a --from no', ['node7', 'node8']],
    ['provision a --from=node8', ['--from=node8']],
    ['provision --tag r', ['red']],
    ['provision --tag red --ti', ['--timeout']],
    ['provision --tag red --ta', ['--tag']],
    ['provision --size 1 --si', []],
    ['provision --no', ['--no-verify', '--no-async']],
    ['provision --no-verify --no', ['--no-async']],
    ['provision -- no', ['node7', 'node8']],
    ['provision -- --', []],
    ['provision a b 1 --fo', ['--format']],
    ['provision a --format ', ['table', 'json', 'yaml', 'ndjson']],
    ['--format=nd', ['--format=ndjson']],
    ['--format nd', ['ndjson']],
    ['--object disks.', ['disks.two']],
    ['--he', ['--help']],
    ['--watch prov', ['provision']],
    ['ls disks.', ['disks.two']],
    ['ls --any', ['--any-meta']],
    ['describe disks.t', ['disks.two']],
    ['describe disks.two prov', ['provision']],
    ['completion ', ['bash', 'zsh']],
    ['unknown x', []],
  ];
  for (const [line, values] of rows) {
    it(`completes to ${values.join(' or ') || 'nothing'}: ${line}`, async () => {
      const { candidates } = await at(line);
      expect(candidates.map(({ value }) => value)).to.have.members(values);
    });
  }

  it('may be a file name where any text is allowed', async () => {
    expect(await at('provision node7 ')).to.deep.equal({ candidates: [], anything: true });
    expect(await at('provision node7 x ')).to.deep.equal({ candidates: [], anything: false });
  });

  it('offers the options when no argument is left', async () => {
    const { candidates } = await at('list_nodes ');
    expect(candidates.map(({ value }) => value)).to.include('--watch');
  });

  it('still offers verbs and names when the object does not answer', async () => {
    const { candidates } = await complete({ argv: [], current: '', defaultObject: 'gone' }, sources);
    expect(candidates.map(({ value }) => value)).to.include.members(['ls', 'disks.']);
  });

  it('offers hosts and groups for each term of a selector, and nothing to those who may not list hosts', async () => {
    expect(await valuesAt('provision --on ')).to.deep.equal(['web-1', 'db-1', 'group=db', 'group=linux']);
    expect(await valuesAt('provision --on web-1,g')).to.deep.equal(['web-1,group=db', 'web-1,group=linux']);
    expect(await valuesAt('provision --on=d')).to.deep.equal(['--on=db-1']);
    const none = { ...sources, hosts: () => Promise.reject(new Error('refused')) };
    const line = { argv: ['provision', '--on'], current: '', defaultObject: 'disks' };
    expect((await complete(line, none)).candidates).to.deep.equal([]);
  });

  it('offers the keys of a policy that are not given yet, and the codes to retry on', async () => {
    expect(await valuesAt('provision --job re')).to.deep.equal(['retries=', 'retry-on=']);
    expect(await valuesAt('provision --job retries=3,re')).to.deep.equal(['retries=3,retry-on=']);
    expect(await valuesAt('provision --job retry-on=UNAV')).to.deep.equal(['retry-on=UNAVAILABLE']);
    expect(await valuesAt('provision --job retry-on=ABORTED,UNAV')).to.deep.equal([
      'retry-on=ABORTED,UNAVAILABLE',
    ]);
  });
});
