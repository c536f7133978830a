import { expect } from 'chai';

import { eventually, refusal } from '@patchbay/objects/testing';

import { BusyNode } from './busy-node.js';
import { type NodeDisk, useDisk } from './initiator.js';
import { Patchbay } from './patchbay.js';
import { describeSystem } from './scratch.js';
import { shared } from './shared.js';
import { startSlowSource } from './slow-source.js';

const MiB = 2 ** 20;
const tools = ['tgtd', 'tgtadm', 'qemu-img', 'qemu-io'];

describeSystem('An RPC server that is told to stop (SIGTERM)', tools, () => {
  const patchbay = shared(() => Patchbay.start({ server: { drain: '1s' }, storage: { graceMs: 0 } }));
  let standing: NodeDisk;

  before(async () => {
    await patchbay().importImage('ubuntu', 16 * MiB);
    standing = await patchbay().provision('standing', 'ubuntu');
  });

  it('exits with 0 while a provision and an import run, and leaves nothing half-done', async () => {
    await using slow = await startSlowSource();
    const provision = patchbay()
      .storage.provision('node7', 'ubuntu')
      .then(
        () => 'finished',
        () => 'undone',
      );
    const imported = refusal(patchbay().storage.import_image('slow', slow.url));
    await slow.asked;

    expect(await patchbay().rpcServerDaemon.terminate()).to.equal(0);

    const became = await provision;
    expect(['SERVER_STOPPED', 'SERVER_DRAINING', 'CONNECTION_LOST']).to.include((await imported).reason);
    expect((await patchbay().files()).filter((file) => file.startsWith('tmp/'))).to.deep.equal([]);
    await patchbay().startRpcServer();
    const nodes = await patchbay().storage.list_nodes();
    expect(nodes.map(({ node, state }) => `${node} ${state}`)).to.deep.equal(
      became === 'finished' ? ['node7 ready', 'standing ready'] : ['standing ready'],
    );
    expect((await patchbay().storage.list_all_images()).map(({ name }) => name)).to.deep.equal(['ubuntu']);
    expect((await patchbay().files()).filter((file) => file.startsWith('disks/'))).to.have.length(
      nodes.length,
    );
    expect(await patchbay().tgtd.targets()).to.have.length(nodes.length);
  });

  it('lets a burst of provisions finish or undoes them', async () => {
    const nodes = Array.from({ length: 10 }, (_, index) => `burst${String(index)}`);
    const calls = nodes.map(async (node) => (await patchbay().storage.provision(node, 'ubuntu')).node);
    await Promise.race(calls);

    expect(await patchbay().rpcServerDaemon.terminate()).to.equal(0);

    await patchbay().startRpcServer();
    const settled = await Promise.allSettled(calls);
    const answered = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    const listed = await patchbay().storage.list_nodes();
    expect(listed.map(({ node }) => node)).to.include.members(answered);
    expect(listed.filter(({ state }) => state !== 'ready')).to.deep.equal([]);
    expect(await patchbay().tgtd.targets()).to.have.length(listed.length);
  });

  it('unregisters its name at once', async () => {
    await patchbay().rpcServerDaemon.terminate();
    const outcome = await patchbay().run(['nameserver', 'lookup', 'storage']);
    expect(outcome).to.include({ status: 3 });
    expect(outcome.stderr).to.match(/^error: NOT_FOUND OBJECT_NOT_FOUND: [^\n]*\n$/);
    await patchbay().startRpcServer();
  });

  it('leaves tgtd and its sessions to the next one, which adopts it', async () => {
    const pids = await patchbay().tgtd.pids();
    expect(pids).to.have.length(1);
    await using node = await BusyNode.start(standing);

    expect(await patchbay().rpcServerDaemon.terminate()).to.equal(0);
    await node.works();
    await patchbay().startRpcServer();
    await node.works();

    expect(await patchbay().tgtd.pids()).to.deep.equal(pids);
    expect((await patchbay().storage.show_node('standing')).connected).to.have.length(1);
    expect(await patchbay().rpcServerDaemon.log()).to.include('adopted the running iSCSI target daemon');
  });
});

describeSystem('An RPC server whose storage object shall stop tgtd too (onStop: stop)', tools, () => {
  const patchbay = shared(() => Patchbay.start({ storage: { onStop: 'stop' } }));

  it('ends it, and exports every disk again when it is restarted', async () => {
    await patchbay().importImage('ubuntu', 16 * MiB);
    const disk = await patchbay().provision('node7', 'ubuntu');
    await useDisk(disk, 'write -P 0x21 0 1M', 'flush');

    expect(await patchbay().rpcServerDaemon.terminate()).to.equal(0);
    await eventually(async () => (await patchbay().tgtd.pids()).length === 0);
    await patchbay().startRpcServer();

    expect(await patchbay().diskOf('node7')).to.deep.equal(disk);
    await useDisk(disk, 'read -P 0x21 0 1M');
  });
});
