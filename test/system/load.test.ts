import { expect } from 'chai';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import { eventually } from '@patchbay/objects/testing';
import { mountXfs } from '@patchbay/storage/testing';

import { BusyNode } from './busy-node.js';
import { FloodingNode } from './flooding-node.js';
import { libiscsi } from './initiator.js';
import { Patchbay } from './patchbay.js';
import { describeSystem } from './scratch.js';
import { shared } from './shared.js';

const MiB = 2 ** 20;
const tools = ['tgtd', 'tgtadm', 'qemu-img', 'qemu-io', 'iscsi-inq', 'mkfs.xfs'];

describeSystem('A storage object under load', tools, () => {
  const patchbay = shared(() => Patchbay.start({ mount: () => mountXfs({ sizeBytes: 512 * MiB }) }));

  before(() => patchbay().importImage('ubuntu', 16 * MiB));

  it('detaches a node that floods its disk within 5 s; it cannot reconnect, and nothing of it is left', async () => {
    await using neighbour = await BusyNode.start(await patchbay().provision('neighbour', 'ubuntu'));
    for (let round = 1; round <= 3; round++) {
      const before = { kept: await whatStands(patchbay()), accounts: await patchbay().tgtd.accounts() };
      const made = await patchbay().storage.provision('flooding', 'ubuntu');
      const disk = await patchbay().diskOf('flooding');
      const file = join(patchbay().pool, 'disks', `patchbay-${made.diskId}.raw`);
      const { mtimeMs } = await stat(file);
      await using node = new FloodingNode(disk);
      await eventually(async () => (await stat(file)).mtimeMs > mtimeMs);

      const startedMs = performance.now();
      await patchbay().storage.detach_node('flooding', { now: true });

      expect(performance.now() - startedMs, 'milliseconds').to.be.below(5000);
      const { status, stderr } = await libiscsi('iscsi-inq', disk);
      expect(status).to.not.equal(0);
      expect(stderr).to.include('Target not found');
      expect({
        kept: await whatStands(patchbay()),
        accounts: await patchbay().tgtd.accounts(),
      }).to.deep.equal(before);
      await node[Symbol.asyncDispose]();
    }
    await neighbour.works();
    await patchbay().storage.detach_node('neighbour', { now: true });
  });

  it('provisions one disk and returns 64 equal answers to 64 concurrent requests', async () => {
    const files = await patchbay().files();
    const answers = await Promise.all(
      Array.from({ length: 64 }, () => patchbay().storage.provision('same', 'ubuntu')),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).to.equal(1);
    expect(await patchbay().files()).to.have.length(files.length + 1);
    await patchbay().storage.detach_node('same', { now: true });
    expect(await patchbay().files()).to.deep.equal(files);
  });

  it('provisions 64 nodes at once, and detaches them at once', async () => {
    const files = await patchbay().files();
    const names = Array.from({ length: 64 }, (_, index) => `node${String(index)}`);
    const made = await Promise.all(names.map((name) => patchbay().storage.provision(name, 'ubuntu')));
    expect(new Set(made.map(({ diskId }) => diskId)).size).to.equal(64);
    expect(new Set(made.map(({ target }) => target.iqn)).size).to.equal(64);
    expect(await patchbay().files()).to.have.length(files.length + 64);
    expect(await patchbay().tgtd.targets()).to.have.length(64);
    expect(await patchbay().tgtd.accounts()).to.have.members(made.map(({ chapUser }) => chapUser));
    await Promise.all(names.map((name) => patchbay().storage.detach_node(name, { now: true })));
    expect(await patchbay().files()).to.deep.equal(files);
    expect(await patchbay().tgtd.accounts()).to.deep.equal([]);
  });
});

/** Returns the state of a Patchbay, except for usage, which a neighbour changes. */
async function whatStands(patchbay: Patchbay): Promise<unknown> {
  const { nodes, files, targets } = await patchbay.kept();
  return { nodes: (nodes as { node: string }[]).map(({ node }) => node), files, targets };
}
