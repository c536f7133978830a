import { expect } from 'chai';

import { initiators, nodes, tidKey, tids } from '../../src/catalog/tables.js';
import { checkStorage } from '../../src/fsck/check-storage.js';
import type { Machine } from '../fakes/machine.js';
import { World } from '../fakes/world.js';

/** Starts a process with an image, a node and a snapshot of its disk. */
async function startWithNode(world: World): Promise<Machine> {
  const machine = await world.startWithImage();
  await machine.provision('node1', 'ubuntu');
  await machine.snapshot('node1', 'first');
  return machine;
}

async function nodeOf({
  parts,
}: Machine): Promise<{ id: string; tid: number; iqn: string; initiator: string }> {
  const record = await parts.catalog.get(nodes, 'node1');
  if (record?.state !== 'ready') {
    throw new Error('node1 is not ready');
  }
  const { tid, iqn, initiator } = record.target;
  return { id: record.disk.id, tid, iqn, initiator };
}

type Damage = (world: World, machine: Machine) => Promise<unknown>;

const cases: readonly (readonly [
  what: string,
  damage: Damage,
  expected: readonly (readonly [string, RegExp])[],
])[] = [
  ['finds nothing in a consistent storage', () => Promise.resolve(), []],
  [
    'finds a file that is missing',
    async (world, machine) => world.pool.ensureRemoved({ kind: 'disk', id: (await nodeOf(machine)).id }),
    [['error', /its file is missing from the pool/]],
  ],
  [
    'finds a file that was truncated',
    async (world, machine) => {
      world.pool.write({ kind: 'disk', id: (await nodeOf(machine)).id }, 512, 'cut');
    },
    [['error', /has 512 B and not 1.0 GiB/]],
  ],
  [
    'finds a file without a record',
    (world) => {
      world.pool.write({ kind: 'disk', id: 'disk-00000001' }, 512, 'whose?');
      return Promise.resolve();
    },
    [['warning', /has no record/]],
  ],
  [
    'finds a disk that is not exported',
    async (world, machine) => {
      const { tid, iqn } = await nodeOf(machine);
      await world.targets.ensureRemoved({ daemon: 0, tid, iqn: iqn as never });
    },
    [['warning', /not exported/]],
  ],
  [
    'finds a rule, an account and a session that somebody added to a target',
    async (world, machine) => {
      const { iqn } = await nodeOf(machine);
      world.targets.addedRules.set(iqn, ['ALL']);
      world.targets.addedAccounts.set(iqn, ['eve']);
      world.targets.connections.set(iqn, [{ sid: 1, cid: 0, initiator: 'iqn.x:eve', address: '10.0.0.9' }]);
    },
    [['warning', /the rule ALL, the account eve, a session of iqn\.x:eve/]],
  ],
  [
    'finds a target id and an initiator that are not reserved for their node',
    async (_world, machine) => {
      const { tid, initiator } = await nodeOf(machine);
      await machine.parts.catalog.transact((tx) => {
        tx.delete(tids, tidKey(tid));
        tx.put(initiators, initiator, 'node9');
      });
    },
    [
      ['error', /its target id .* is not reserved for it/],
      ['error', /its initiator .* is not reserved for it/],
    ],
  ],
  [
    'finds a target id that is reserved for a node without it',
    (_world, machine) =>
      machine.parts.catalog.transact((tx) => {
        tx.put(tids, tidKey(77), 'node9');
      }),
    [['error', /is reserved for it, but it has another or none/]],
  ],
  [
    'finds an unreadable record, and checks nothing else',
    (world) => world.store.commit([], [{ put: 'node/node1', value: '{"node":' }]),
    [['error', /record cannot be read/]],
  ],
  [
    'continues without the pool',
    (world) => Promise.resolve((world.pool.isMissing = true)),
    [['error', /not mounted/]],
  ],
  [
    'reports that a restored backup awaits its confirmation',
    (_world, machine) => machine.parts.catalog.noteRestore('/backup.sqlite'),
    [['note', /was restored/]],
  ],
];

describe('fsck', () => {
  for (const [what, damage, expected] of cases) {
    it(what, async () => {
      await using world = await World.open();
      const machine = await startWithNode(world);
      await damage(world, machine);
      const revision = await world.store.revision();
      const findings = await checkStorage(machine.parts);
      expect(findings.map(({ severity }) => severity)).to.deep.equal(expected.map(([severity]) => severity));
      expected.forEach(([, problem], index) => {
        expect(findings[index]?.problem).to.match(problem);
      });
      expect(await world.store.revision(), 'it changes nothing').to.equal(revision);
    });
  }
});

describe('a restored catalog', () => {
  it('keeps files without a record until the restore is confirmed', async () => {
    await using world = await World.open();
    const machine = await startWithNode(world);
    await machine.parts.catalog.noteRestore('/backup.sqlite');
    const later = { kind: 'disk', id: 'disk-made-later' } as const;
    world.pool.write(later, 512, 'precious');
    await machine.reconciler.run();
    await world.clock.advance(120_000);
    const report = await machine.reconciler.run();
    expect(report.waiting).to.deep.equal(['disk:disk-made-later']);
    expect(world.pool.content(later)).to.equal('precious');

    expect(await machine.parts.catalog.confirmRestore()).to.be.true;
    expect((await machine.reconciler.run()).setAside).to.deep.equal(['disk:disk-made-later']);
    expect(await machine.parts.catalog.confirmRestore()).to.be.false;
  });
});
