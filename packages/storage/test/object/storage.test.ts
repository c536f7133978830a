import { expect } from 'chai';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { eventually, freePort, requireTools } from '@patchbay/objects/testing';

import { inquire, OpenDisk } from '../targets/initiators.js';
import { reasonOf } from '../fakes/world.js';
import { imageBytes, type Provisioned, RunningStorage } from './running-storage.js';

const stranger = 'iqn.2026-11.org.example:stranger';

describe('the storage object with a real pool and a real tgtd', function () {
  this.timeout(120_000);

  before(function () {
    requireTools(this, 'tgtd', 'tgtadm', 'qemu-img', 'qemu-io', 'iscsi-inq', 'mkfs.xfs');
  });

  it('makes an image two private disks, which are written, snapshot and detached, and leaves nothing', async () => {
    await using storage = await RunningStorage.start({ reflinks: true });

    const progress = await storage.items('import_image', 'ubuntu', storage.source);
    expect(progress).to.not.be.empty;
    const [imageFile = ''] = await storage.files();
    const imageHash = await storage.hashOf(imageFile);
    const seven = await storage.words<Provisioned>('provision', 'node7', 'ubuntu');
    const eight = await storage.words<Provisioned>('provision', 'node8', 'ubuntu', '--size', '32MiB');
    expect(seven).to.deep.equal({
      node: 'node7',
      image: 'ubuntu',
      diskId: seven.diskId,
      sizeBytes: imageBytes,
      state: 'ready',
      target: { iqn: `iqn.2026-11.local.patchbay:disk.${seven.diskId}`, portal: storage.portal, lun: 1 },
      initiator: 'iqn.2026-11.local.patchbay:node.node7',
      chapUser: seven.chapUser,
    });
    expect(eight.sizeBytes).to.equal(2 * imageBytes);

    const login7 = await storage.login('node7', seven);
    const login8 = await storage.login('node8', eight);
    expect(await inquire(storage.portal, login7)).to.match(/CONNECTED/);
    expect(await inquire(storage.portal, login7, { initiator: stranger })).to.match(/Target not found/);
    expect(
      await inquire(storage.portal, login7, { initiator: login8.initiator, chap: login8.chap }),
    ).to.match(/Target not found/);
    const wrong = { user: login7.chap.user, secret: login8.chap.secret };
    expect(await inquire(storage.portal, login7, { chap: wrong })).to.match(/Authentication failure/);

    {
      await using disk = await OpenDisk.connect(storage.portal, login7);
      await disk.run('read -P 0x5a 0 1M', /read 1048576\/1048576/);
      await disk.use(0x11);
      const shown = await storage.call<{ connected: string[]; state: string }>('show_node', 'node7');
      expect(shown.state).to.equal('ready');
      expect(shown.connected.join()).to.contain('127.0.0.1');
      await disk.run('flush', /./);
      await storage.call('create_snapshot', 'node7', 'before-upgrade');
      await disk.use(0x22);
    }
    const restored = await storage.words<Provisioned>('provision', 'node9', 'ubuntu', 'before-upgrade');
    {
      await using disk = await OpenDisk.connect(storage.portal, await storage.login('node9', restored));
      await disk.run('read -P 0x11 0 1M', /read 1048576\/1048576/);
      await disk.run('read -P 0x5a 1M 1M', /read 1048576\/1048576/);
    }
    expect(await storage.hashOf(imageFile)).to.equal(imageHash);

    expect(await reasonOf(storage.call('delete_image', 'ubuntu'))).to.equal('IMAGE_HAS_CLONES');
    await storage.words('detach_node', 'node7', '--now');
    expect(await inquire(storage.portal, login7)).to.match(/Target not found/);
    await storage.words('detach_node', 'node8', '--now');
    await storage.words('detach_node', 'node9', '--now');
    expect(await reasonOf(storage.call('delete_image', 'ubuntu'))).to.equal('IMAGE_HAS_SNAPSHOTS');
    await storage.call('delete_snapshot', 'node7', 'before-upgrade');
    expect(await storage.call('delete_image', 'ubuntu')).to.deep.equal({ name: 'ubuntu', deleted: true });
    expect(await storage.files()).to.deep.equal([]);
    expect(JSON.stringify(storage.log.lines)).to.not.contain(login7.chap.secret);
  });

  it('brings every disk back under the same target and credentials when tgtd is killed', async () => {
    await using storage = await RunningStorage.start({ reflinks: false });
    await storage.call('import_image', 'ubuntu', storage.source);
    const made = await storage.call<Provisioned>('provision', 'node7', 'ubuntu');
    const login = await storage.login('node7', made);
    await using disk = await OpenDisk.connect(storage.portal, login);
    await disk.use(0x33);

    await storage.killTgtd();

    await disk.run('read -P 0x33 0 1M', /read 1048576\/1048576/);
    await eventually(async () => {
      expect(await storage.call('show_node', 'node7')).to.have.property('state', 'ready');
    });
    expect(await inquire(storage.portal, login, { initiator: stranger })).to.match(/Target not found/);
    expect(await storage.call('provision', 'node7', 'ubuntu')).to.deep.equal(made);
    expect(await storage.login('node7', made)).to.deep.equal(login);
  });

  it('undoes what the death of tgtd cut short as soon as tgtd is back, without being asked', async () => {
    await using storage = await RunningStorage.start({ reflinks: false });
    await storage.stopObject();
    await storage.startObject('state', { reconcileEveryMs: 3_600_000 });
    await storage.call('import_image', 'ubuntu', storage.source);
    const names = Array.from({ length: 20 }, (_, index) => `node${String(index)}`);

    const calls = names.map((name) => storage.call<Provisioned>('provision', name, 'ubuntu'));
    const settled = Promise.allSettled(calls);
    await Promise.race(calls);
    await storage.killTgtd();
    const outcomes = await settled;

    const acknowledged = names.filter((_, index) => outcomes[index]?.status === 'fulfilled');
    await eventually(async () => {
      const listed = await storage.call<{ node: string; state: string }[]>('list_nodes');
      expect(listed.map(({ state }) => state)).to.deep.equal(listed.map(() => 'ready'));
      expect(listed.map(({ node }) => node)).to.have.members(acknowledged);
      expect(await readdir(join(storage.pool, 'disks'))).to.have.length(acknowledged.length);
    });
  });

  it('goes on after a restart of its server without cutting a session, also when tgtd died meanwhile', async () => {
    await using storage = await RunningStorage.start({ reflinks: false });
    await storage.call('import_image', 'ubuntu', storage.source);
    const made = await storage.call<Provisioned>('provision', 'node7', 'ubuntu');
    const login = await storage.login('node7', made);
    await using disk = await OpenDisk.connect(storage.portal, login);

    await storage.stopObject();
    await disk.use(0x44);
    await storage.startObject();
    await disk.use(0x55);
    await storage.stopObject();
    await storage.killTgtd();
    await storage.startObject();

    await disk.run('read -P 0x55 0 1M', /read 1048576\/1048576/);
    expect(await storage.call('provision', 'node7', 'ubuntu')).to.deep.equal(made);
    expect(await storage.login('node7', made)).to.deep.equal(login);
  });

  it('gives 64 nodes a disk each at once, and one node one disk when asked 64 times', async () => {
    await using storage = await RunningStorage.start({ reflinks: false });
    await storage.call('import_image', 'ubuntu', storage.source);

    const many = await Promise.all(
      Array.from({ length: 64 }, (_, n) => storage.call<Provisioned>('provision', `n${String(n)}`, 'ubuntu')),
    );
    const equal = await Promise.all(
      Array.from({ length: 64 }, () => storage.call<Provisioned>('provision', 'same', 'ubuntu')),
    );

    expect(new Set(many.map(({ diskId }) => diskId)).size).to.equal(64);
    expect(new Set(equal.map((each) => JSON.stringify(each))).size).to.equal(1);
    expect(await storage.files()).to.have.lengthOf(1 + 64 + 1);
    const report = await storage.call<Record<string, unknown>>('reconcile');
    expect(Object.values(report).flat().filter(Boolean)).to.deep.equal([]);
  });

  it('spreads nodes over several daemons, says where each is, and remembers it', async () => {
    await using storage = await RunningStorage.start({ reflinks: false });
    await storage.stopObject();
    await storage.killTgtd();
    const options = { targetsPerDaemon: 1, onStop: 'stop' };
    await storage.startObject('state', options);
    await storage.call('import_image', 'ubuntu', storage.source);
    const made = await storage.call<Provisioned>('provision', 'node1', 'ubuntu');
    const other = await storage.call<Provisioned>('provision', 'node2', 'ubuntu');
    const port = Number(storage.portal.split(':')[1]);
    expect([made.target.portal, other.target.portal]).to.deep.equal([
      storage.portal,
      `127.0.0.1:${String(port + 1)}`,
    ]);

    await storage.stopObject();
    // A greater share is for new nodes: where a node was told that its disk is, it stays.
    await storage.startObject('state', { ...options, targetsPerDaemon: 500 });

    expect(await storage.call('provision', 'node2', 'ubuntu')).to.deep.equal(other);
    expect(await inquire(other.target.portal, await storage.login('node2', other))).to.match(/CONNECTED/);
    const third = await storage.call<Provisioned>('provision', 'node3', 'ubuntu');
    expect(third.target.portal).to.equal(storage.portal);
    const listed = await storage.call<{ state: string; target: { portal: string } }[]>('list_nodes');
    expect(listed.map(({ state, target }) => [state, target.portal])).to.deep.equal([
      ['ready', made.target.portal],
      ['ready', other.target.portal],
      ['ready', third.target.portal],
    ]);
    await storage.call('detach_node', 'node2');
    expect(
      Object.values(await storage.call<object>('reconcile'))
        .flat()
        .filter(Boolean),
    ).to.deep.equal([]);
  });

  it('keeps the targets that it has when the prefix of new ones is changed', async () => {
    await using storage = await RunningStorage.start({ reflinks: false });
    await storage.call('import_image', 'ubuntu', storage.source);
    const made = await storage.call<Provisioned>('provision', 'node7', 'ubuntu');
    const login = await storage.login('node7', made);
    await storage.stopObject();
    await storage.killTgtd();

    await storage.startObject('state', { iqnPrefix: 'iqn.2026-11.org.example' });

    expect(await inquire(storage.portal, login)).to.match(/CONNECTED/);
    const other = await storage.call<Provisioned>('provision', 'node8', 'ubuntu');
    expect(other.target.iqn).to.equal(`iqn.2026-11.org.example:disk.${other.diskId}`);
    expect(await storage.call('detach_node', 'node7')).to.have.property('detached', true);
  });

  it('leaves nothing of an import whose caller leaves', async () => {
    await using storage = await RunningStorage.start({ reflinks: false });

    await storage.leave('import_image', 'ubuntu', storage.source);

    await eventually(async () => {
      expect(await storage.files()).to.deep.equal([]);
      expect(await storage.call('list_all_images')).to.deep.equal([]);
      // The operation has ended when its image can be imported again.
      await storage.call('import_image', 'ubuntu', storage.source);
    });
  });

  it('refuses to snapshot a connected disk where the pool would have to copy it slowly', async () => {
    await using storage = await RunningStorage.start({ reflinks: false });
    await storage.call('import_image', 'ubuntu', storage.source);
    const made = await storage.call<Provisioned>('provision', 'node7', 'ubuntu');
    {
      await using disk = await OpenDisk.connect(storage.portal, await storage.login('node7', made));
      expect(await reasonOf(storage.call('create_snapshot', 'node7', 's'))).to.equal('DISK_IN_USE');
      await disk.use(0x66);
    }

    await eventually(() => storage.call('create_snapshot', 'node7', 's'));

    await using disk = await OpenDisk.connect(storage.portal, await storage.login('node7', made));
    await disk.run('read -P 0x66 0 1M', /read 1048576\/1048576/);
  });

  it('refuses a pool that belongs to another catalog, whose files it would take for leftovers', async () => {
    await using storage = await RunningStorage.start({ reflinks: false });
    await storage.call('import_image', 'ubuntu', storage.source);
    const files = await storage.files();
    await storage.stopObject();

    // Its tgtd still has the old portal, which would be refused too.
    const portal = `127.0.0.1:${String(await freePort())}`;
    expect(await reasonOf(storage.startObject('lost', { portal }))).to.equal('POOL_NOT_OURS');

    expect(await storage.files()).to.deep.equal(files);
  });
});
