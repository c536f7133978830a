import { expect } from 'chai';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { eventually } from '@patchbay/objects/testing';
import { mountXfs } from '@patchbay/storage/testing';

import { countedPrefix, CountingNode } from './counting-node.js';
import { libiscsi, useDisk } from './initiator.js';
import { Patchbay } from './patchbay.js';
import { describeSystem } from './scratch.js';
import { shared } from './shared.js';

const MiB = 2 ** 20;
const imageBytes = 16 * MiB;
/** The size of the region that is written repeatedly. */
const countedBytes = MiB;
const tools = ['tgtd', 'tgtadm', 'qemu-img', 'qemu-io', 'iscsi-readcapacity16', 'mkfs.xfs'];

describeSystem('A disk that its node is using', tools, () => {
  const patchbay = shared(() => Patchbay.start({ mount: () => mountXfs({ sizeBytes: 512 * MiB }) }));

  before(async () => {
    await patchbay().importImage('ubuntu', imageBytes);
  });

  it('has snapshots that are exact point-in-time copies while it is written', async () => {
    const disk = await patchbay().provision('counting', 'ubuntu');
    await using node = new CountingNode(disk, countedBytes);
    const folder = join(patchbay().pool, 'snapshots');
    const files: string[] = [];
    for (let taken = 0; taken < 40; taken += 1) {
      const before = node.written;
      await eventually(() => {
        expect(node.written).to.be.greaterThan(before);
      });
      await patchbay().storage.create_snapshot('counting', `s${String(taken)}`);
      files.push(...(await readdir(folder)).filter((file) => !files.includes(file)));
    }
    const { round: lastRound, block: lastBlock } = await node.end();

    const blocks: number[] = [];
    for (const file of files) {
      const { round, block } = await countedPrefix(join(folder, file), countedBytes, lastRound);
      blocks.push((round - 1) * (countedBytes / 4096) + block);
    }
    expect(files).to.have.lengthOf(40);
    expect(blocks, 'later snapshots are of later moments').to.deep.equal([...blocks].sort((a, b) => a - b));
    expect(new Set(blocks).size, 'moments').to.be.greaterThan(30);
    expect(blocks.at(-1)).to.be.at.most((lastRound - 1) * (countedBytes / 4096) + lastBlock);
  });

  it('grows without an error, and without its node waiting for 3 s', async () => {
    const disk = await patchbay().provision('growing', 'ubuntu');
    await using node = new CountingNode(disk, countedBytes);
    const slowest: number[] = [];
    await eventually(() => {
      expect(node.written).to.be.greaterThan(50);
    }, 30_000);
    // In quick succession: libiscsi reconnects at most once in 3 s, and no read or write may wait that long.
    for (const times of [2, 3, 4]) {
      await patchbay().storage.resize_disk('growing', times * imageBytes);
      const before = node.written;
      await eventually(() => {
        expect(node.written).to.be.greaterThan(before + 20);
      });
      slowest.push(node.slowestMs);
    }
    const { round, block } = await node.end();

    expect(Math.max(...slowest), 'the slowest read or write, in milliseconds').to.be.lessThan(2000);
    const { stdout } = await libiscsi('iscsi-readcapacity16', disk);
    const lastBlock = Number(/RETURNED LOGICAL BLOCK ADDRESS:(\d+)/.exec(stdout)?.[1]);
    expect((lastBlock + 1) * 512).to.equal(4 * imageBytes);
    const at = block * 4096;
    await useDisk(
      disk,
      ...(at === 0 ? [] : [`read -P ${String(CountingNode.byteOf(round))} 0 ${String(at)}`]),
      `read -P ${String(CountingNode.byteOf(round - 1))} ${String(at)} ${String(countedBytes - at)}`,
      `read -P 0x5a ${String(countedBytes)} ${String(imageBytes - countedBytes)}`,
      `read -P 0 ${String(imageBytes)} ${String(3 * imageBytes)}`,
      `write -P 0x77 ${String(4 * imageBytes - MiB)} 1M`,
      `read -P 0x77 ${String(4 * imageBytes - MiB)} 1M`,
    );
  });

  it('cannot be restored from a snapshot until the node has logged out', async () => {
    const disk = await patchbay().provision('restoring', 'ubuntu');
    await useDisk(disk, 'write -P 0x11 0 1M', 'flush');
    await patchbay().storage.create_snapshot('restoring', 's');
    await useDisk(disk, 'write -P 0x22 0 2M', 'flush');
    {
      await using node = new CountingNode(disk, countedBytes);
      await eventually(() => {
        expect(node.written).to.be.greaterThan(5);
      });
      const refused = await patchbay()
        .storage.restore_snapshot('restoring', 's')
        .catch((error: unknown) => error);
      expect(refused).to.have.property('reason', 'DISK_IN_USE');
    }
    await eventually(() => patchbay().storage.restore_snapshot('restoring', 's'));

    await useDisk(disk, 'read -P 0x11 0 1M', 'read -P 0x5a 1M 15M');
    expect(await patchbay().diskOf('restoring')).to.deep.equal(disk);
  });

  it('is cut off by a new secret, which alone admits the node again', async () => {
    const disk = await patchbay().provision('rotating', 'ubuntu');
    await patchbay().storage.rotate_credentials('rotating');

    const old = await libiscsi('iscsi-readcapacity16', disk);
    expect(old.status).to.not.equal(0);
    await useDisk(await patchbay().diskOf('rotating'), 'read -P 0x5a 0 1M');
  });

  it('is created once for 64 concurrent identical requests', async () => {
    const before = (await patchbay().storage.list_disks()).length;

    const answers = await Promise.all(
      Array.from({ length: 64 }, () => patchbay().storage.provision('same', 'ubuntu')),
    );

    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).to.equal(1);
    expect(await patchbay().storage.list_disks()).to.have.lengthOf(before + 1);
  });

  it('is created for each of 64 nodes that are requested at once', async () => {
    const names = Array.from({ length: 64 }, (_, index) => `many${String(index)}`);
    const seen: string[] = [];

    const call = patchbay().storage.provision_many('ubuntu', names);
    for await (const { node, failed } of call) {
      expect(failed).to.equal(undefined);
      seen.push(node);
    }

    expect(await call).to.deep.equal({ provisioned: 64, failed: [] });
    expect(seen).to.have.members(names);
    const disks = (await patchbay().storage.list_nodes('many*')).map(({ diskId }) => diskId);
    expect(new Set(disks).size).to.equal(64);
  });

  it('is told apart from those of nodes that failed, also by the exit status of the command', async () => {
    await patchbay().storage.provision('one1', 'ubuntu');
    const words = [
      'provision_many',
      'ubuntu',
      'one0',
      'one1',
      'one2',
      '--size',
      '32MiB',
      '--concurrency',
      '1',
    ];

    const { status, stdout, stderr } = await patchbay().rpcclient(...words, '--format', 'ndjson');

    expect(status).to.equal(5);
    const items = stdout.trimEnd().split('\n');
    expect(items.map((item) => Object.keys(JSON.parse(item) as object))).to.deep.equal([
      ['node', 'provisioned'],
      ['node', 'failed'],
      ['node', 'provisioned'],
    ]);
    const { reason, details } = JSON.parse(stderr) as { reason: string; details: Record<string, unknown> };
    expect(reason).to.equal('PARTLY_FAILED');
    expect(details).to.have.deep.property('provisioned', ['one0', 'one2']);
    expect(details).to.have.nested.property('failed[0].reason', 'NODE_EXISTS');
    const states = (await patchbay().storage.list_nodes('one*')).map(({ state }) => state);
    expect(states).to.deep.equal(['ready', 'ready', 'ready']);
  });

  it('can be watched from any revision on, and its history shows who did what', async () => {
    const name = 'watched';
    await patchbay().storage.provision(name, 'ubuntu');
    const [first] = await patchbay().storage.history(name);
    const seen: string[] = [];

    const watching = patchbay().storage.watch((first?.revision ?? 1) - 1);
    await patchbay().storage.detach_node(name, { now: true });
    for await (const { resource, state } of watching) {
      if (resource === `node:${name}`) {
        seen.push(state);
      }
      if (seen.at(-1) === 'gone') {
        break;
      }
    }

    expect(seen).to.deep.equal(['creating', 'ready', 'deleting', 'gone']);
    const history = await patchbay().storage.history(name);
    expect(history.map(({ method }) => method)).to.deep.equal([
      'provision',
      'provision',
      'detach_node',
      'detach_node',
    ]);
    expect(history[0]?.peer).to.match(/^127\.0\.0\.1:\d+$/);
  });

  it('has snapshots taken on schedule, which are marked as such, and only the newest kept', async () => {
    const name = 'scheduled';
    await patchbay().storage.provision(name, 'ubuntu');
    await patchbay().storage.schedule_snapshots(name, '* * * * * *', { keep: 2 });

    await eventually(async () => {
      const history = await patchbay().storage.history(name);
      const gone = history.filter(
        ({ resource, state }) => resource.startsWith('snapshot:') && state === 'gone',
      );
      expect(gone.map(({ method }) => method)).to.include('scheduler');
    }, 60_000);
    await patchbay().storage.unschedule(name);

    await eventually(async () => {
      expect(await patchbay().storage.list_snapshots(name)).to.have.lengthOf(2);
    });
  });

  it('survives a restart of the server in the trash, and is deleted when its time is over', async () => {
    const { diskId } = await patchbay().storage.provision('trashed', 'ubuntu');
    await patchbay().storage.detach_node('trashed', { trashMs: 3_600_000 });
    await patchbay().rpcServerDaemon.kill();
    await patchbay().startRpcServer();

    expect((await patchbay().storage.list_trash()).map((disk) => disk.diskId)).to.deep.equal([diskId]);
    await patchbay().storage.restore_from_trash(diskId, { node: 'restored' });
    const record = await patchbay().storage.attach_disk(diskId, 'restored');
    await useDisk(await patchbay().diskOf('restored'), 'read -P 0x5a 0 1M');
    expect(record).to.include({ node: 'restored', diskId });
    await patchbay().storage.detach_node('restored', { trashMs: 1 });
    await eventually(async () => {
      await patchbay().storage.reconcile();
      expect(await patchbay().storage.list_trash()).to.deep.equal([]);
    });
    expect((await patchbay().files()).filter((file) => file.includes(diskId))).to.deep.equal([]);
  });
});
