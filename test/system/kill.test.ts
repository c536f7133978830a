import { expect } from 'chai';

import { eventually } from '@patchbay/objects/testing';
import { mountXfs } from '@patchbay/storage/testing';

import { burst } from './burst.js';
import { BusyNode } from './busy-node.js';
import { libiscsi, type NodeDisk, useDisk } from './initiator.js';
import { killAndRestart, type Victim } from './killing.js';
import { Patchbay } from './patchbay.js';
import { describeSystem } from './scratch.js';
import { shared } from './shared.js';

const MiB = 2 ** 20;
const tools = ['tgtd', 'tgtadm', 'qemu-img', 'qemu-io', 'iscsi-inq', 'mkfs.xfs'];

/** Reconciles until every node is served, and expects nothing without a record. */
async function expectWhole(patchbay: Patchbay): Promise<void> {
  const nodes = await eventually(async () => {
    await patchbay.storage.reconcile();
    const listed = await patchbay.storage.list_nodes();
    expect(listed.map(({ state }) => state).filter((state) => state !== 'ready')).to.deep.equal([]);
    return listed;
  }, 30_000);
  const { finished, rolledBack, exported, waiting, failed, busy } = await patchbay.storage.reconcile();
  expect({ finished, rolledBack, exported, waiting, failed, busy }).to.deep.equal({
    finished: [],
    rolledBack: [],
    exported: [],
    waiting: [],
    failed: [],
    busy: [],
  });

  const files = (await patchbay.files()).map((file) => file.split(' ')[0] ?? '');
  const disks = files.filter((file) => file.startsWith('disks/'));
  expect(disks).to.have.members(nodes.map(({ diskId }) => `disks/patchbay-${diskId}.raw`));
  expect(files.filter((file) => file.startsWith('tmp/'))).to.deep.equal([]);

  const targets = await patchbay.tgtd.targets();
  expect(
    targets.map(({ iqn, state, acl, accounts, backingFiles }) => ({
      iqn,
      state,
      acl,
      accounts,
      backingFiles,
    })),
  ).to.have.deep.members(
    nodes.map(({ diskId, target, initiator }) => ({
      iqn: target?.iqn,
      state: 'ready',
      acl: [initiator],
      accounts: [`disk.${diskId}`],
      backingFiles: [`${patchbay.pool}/disks/patchbay-${diskId}.raw`],
    })),
  );
  expect(await patchbay.tgtd.pids()).to.have.length(1);
}

describeSystem('A daemon that is killed (kill -9)', tools, () => {
  const patchbay = shared(() =>
    Patchbay.start({
      mount: () => mountXfs({ sizeBytes: 512 * MiB }),
      storage: { graceMs: 0 },
    }),
  );
  /** A node that exists during all of the tests. */
  let standing: NodeDisk;

  before(async () => {
    await patchbay().importImage('ubuntu', 16 * MiB);
    standing = await patchbay().provision('standing', 'ubuntu');
    await useDisk(standing, 'write -P 0x33 4M 1M', 'flush');
  });

  async function expectStanding(): Promise<void> {
    expect(await patchbay().diskOf('standing')).to.deep.equal(standing);
    await useDisk(standing, 'read -P 0x33 4M 1M', 'read -P 0x5a 8M 1M');
  }

  const rows: readonly (readonly Victim[])[] = [
    ['nameserver'],
    ['rpcserver'],
    ['tgtd'],
    ['nameserver', 'rpcserver', 'tgtd'],
  ];

  for (const victims of rows) {
    it(`leaves every node with its disk, target and secret: ${victims.join(', ')}, while idle`, async () => {
      await killAndRestart(patchbay(), victims);
      await expectWhole(patchbay());
      await expectStanding();
    });
  }

  let round = 0;
  for (const victims of rows) {
    for (const answersBefore of [2, 9]) {
      it(`loses no answer and leaves nothing half-done: ${victims.join(', ')}, after ${String(answersBefore)} answers of a burst`, async () => {
        round += 1;
        const olds = Array.from({ length: 10 }, (_, index) => `old${String(index)}-${String(round)}`);
        const news = Array.from({ length: 10 }, (_, index) => `new${String(index)}-${String(round)}`);
        for (const node of olds) {
          await patchbay().storage.provision(node, 'ubuntu');
        }

        const { provisioned, detached } = await burst(patchbay(), news, olds, answersBefore, () =>
          killAndRestart(patchbay(), victims),
        );

        await expectWhole(patchbay());
        await expectStanding();
        const listed = (await patchbay().storage.list_nodes()).map(({ node }) => node);
        expect(listed).to.include.members([...provisioned.keys()]);
        expect(detached.filter((node) => listed.includes(node))).to.deep.equal([]);
        for (const [node, answer] of provisioned) {
          expect(await patchbay().storage.provision(node, 'ubuntu')).to.deep.equal(answer);
        }
        for (const node of [...provisioned.keys()].slice(0, 3)) {
          const { status, stderr } = await libiscsi('iscsi-inq', await patchbay().diskOf(node));
          expect(status, stderr).to.equal(0);
        }
        await Promise.all(
          listed
            .filter((node) => node !== 'standing')
            .map((node) => patchbay().storage.detach_node(node, { now: true })),
        );
        await expectWhole(patchbay());
      });
    }
  }

  for (const victim of ['nameserver', 'rpcserver'] as const) {
    it(`does not interrupt a node's reading and writing: ${victim}`, async () => {
      const [tgtd] = await patchbay().tgtd.pids();
      await using node = await BusyNode.start(standing);

      if (victim === 'nameserver') {
        await patchbay().nameServerDaemon.kill();
      } else {
        await patchbay().rpcServerDaemon.kill();
      }
      await node.works();
      if (victim === 'nameserver') {
        await patchbay().startNameServer();
      } else {
        await patchbay().startRpcServer();
      }
      await node.works();

      expect(await patchbay().tgtd.pids()).to.deep.equal([tgtd]);
      expect((await patchbay().storage.show_node('standing')).connected).to.have.length(1);
    });
  }

  it("is survived by a node's reading and writing, which its initiator retries: tgtd", async () => {
    const [before] = await patchbay().tgtd.pids();
    await using node = await BusyNode.start(standing);

    await patchbay().tgtd.kill();
    await node.works();

    expect(await patchbay().tgtd.pids()).to.not.include(before);
    expect((await patchbay().storage.show_node('standing')).state).to.equal('ready');
  });

  it('is survived even if tgtd and the RPC server die at once, and the server is restarted', async () => {
    await using node = await BusyNode.start(standing);

    await killAndRestart(patchbay(), ['rpcserver', 'tgtd']);
    await node.works();

    await expectWhole(patchbay());
  });

  it('is survived by all connected nodes, of more nodes than one tgtd serves: every tgtd', async () => {
    const names = Array.from({ length: 260 }, (_, index) => `many${String(index)}`);
    await patchbay().storage.provision_many('ubuntu', names);
    const before = await patchbay().tgtd.pids();
    expect(before).to.have.length(2);
    // Spread evenly, so that each tgtd serves some.
    const connected = names.filter((_, index) => index % 37 === 0);
    const busy: BusyNode[] = [];
    try {
      for (const name of connected) {
        busy.push(await BusyNode.start(await patchbay().diskOf(name)));
      }

      await patchbay().tgtd.kill();
      await Promise.all(busy.map((node) => node.works()));
    } finally {
      await Promise.all(busy.map((node) => node[Symbol.asyncDispose]()));
    }

    const after = await patchbay().tgtd.pids();
    expect(after).to.have.length(2);
    expect(after.filter((pid) => before.includes(pid))).to.deep.equal([]);
    const states = (await patchbay().storage.list_nodes('many*')).map(({ state }) => state);
    expect(states.filter((state) => state === 'ready')).to.have.length(names.length);
  });
});
