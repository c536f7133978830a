import { expect } from 'chai';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { systemClock } from '@patchbay/objects';
import { eventually, requireTools } from '@patchbay/objects/testing';
import { readBackup } from '@patchbay/store';

import { restoreFrom } from '../../src/backup/restore.js';
import { execTool } from '../../src/exec.js';
import { reasonOf } from '../fakes/world.js';
import { OpenDisk } from '../targets/initiators.js';
import { type Provisioned, RunningStorage } from './running-storage.js';

interface Status {
  readonly state: string;
  readonly problems: readonly { readonly part: string; readonly reason: string }[];
}

async function stateOf(storage: RunningStorage): Promise<string[]> {
  const rows = await storage.call<{ state: string }[]>('list_nodes');
  return rows.map(({ state }) => state);
}

describe('the storage object in trouble', function () {
  this.timeout(120_000);

  before(function () {
    requireTools(this, 'tgtd', 'tgtadm', 'qemu-img', 'qemu-io', 'mkfs.xfs');
  });

  it('starts without its pool, tells what it knows, and serves again once the pool is there', async () => {
    await using storage = await RunningStorage.start({ reflinks: true });
    await storage.call('import_image', 'ubuntu', storage.source);
    const node1 = await storage.call<Provisioned>('provision', 'node1', 'ubuntu');
    await storage.stopObject();
    await storage.startObject('state', { onStop: 'stop' });
    await storage.stopObject(); // and with it tgtd, which had the pool open
    await storage.filesystem.unmount();

    await storage.startObject('state', { reconcileEveryMs: 1000 });
    expect(await stateOf(storage)).to.deep.equal(['pool-unavailable']);
    const { state, problems } = await storage.call<Status>('status');
    expect(state).to.equal('degraded');
    expect(problems.map(({ part, reason }) => [part, reason])).to.deep.equal([
      ['pool', 'POOL_UNAVAILABLE'],
      ['targets', 'TARGET_TOOL_UNAVAILABLE'], // held back, so that initiators wait
    ]);
    for (const [method, ...args] of [
      ['provision', 'node2', 'ubuntu'],
      ['create_snapshot', 'node1', 'now'],
      ['import_image', 'other', storage.source],
      ['pool_info'],
    ] as const) {
      expect(await reasonOf(storage.call(method, ...args)), method).to.equal('POOL_UNAVAILABLE');
    }

    await storage.filesystem.mountAgain();
    await eventually(async () => (await stateOf(storage)).join() === 'ready', 60_000);
    await eventually(async () => (await storage.call<Status>('status')).state === 'ready', 60_000);
    await using disk = await OpenDisk.connect(storage.portal, await storage.login('node1', node1));
    await disk.run('read -P 0x5a 0 1M', /read 1048576\/1048576/);
    await storage.call('provision', 'node2', 'ubuntu');
    expect(await storage.call('fsck')).to.deep.equal([]);
    expect(await storage.call('pool_info')).to.include({ state: 'ready', filesystem: 'xfs', reflink: true });
  });

  it('reports files that it did not make, and leaves them', async () => {
    await using storage = await RunningStorage.start({ reflinks: false });
    await storage.call('import_image', 'ubuntu', storage.source);
    const strangers = ['disks/alien.raw', 'notes.txt'];
    for (const path of strangers) {
      await writeFile(join(storage.pool, path), 'whose?');
    }

    const { foreign } = await storage.call<{ foreign: string[] }>('reconcile');
    expect(foreign).to.deep.equal(strangers.map((path) => `file:${path}`));
    const found = await storage.call<{ severity: string; resource: string }[]>('fsck');
    expect(found.map(({ severity, resource }) => [severity, resource])).to.deep.equal(
      foreign.map((resource) => ['note', resource]),
    );
    for (const path of strangers) {
      expect(await readFile(join(storage.pool, path), 'utf8')).to.equal('whose?');
    }
  });

  it('lets a disk be written again once the pool can, and leaves who reads it alone until then', async () => {
    await using storage = await RunningStorage.start({ reflinks: true });
    await storage.call('import_image', 'ubuntu', storage.source);
    const node1 = await storage.call<Provisioned>('provision', 'node1', 'ubuntu');
    const remount = (how: string): Promise<unknown> =>
      execTool('mount', ['-o', `remount,${how}`, storage.filesystem.path]);
    await storage.stopObject();
    await storage.startObject('state', { onStop: 'stop' });
    await storage.stopObject();
    await remount('ro');
    await storage.startObject('state', { reconcileEveryMs: 3_600_000 });
    expect(await storage.call<Status>('status')).to.have.property('state', 'degraded');

    const reconcile = (): Promise<{ exported: string[] }> => storage.call('reconcile');
    expect((await reconcile()).exported).to.deep.equal([]);
    const [found] = await storage.call<{ severity: string; problem: string }[]>('fsck');
    expect(found).to.include({ severity: 'warning' });
    expect(found?.problem).to.match(/is read-only, because the pool/);
    await remount('rw');
    expect((await reconcile()).exported).to.deep.equal(['node:node1']);

    await using disk = await OpenDisk.connect(storage.portal, await storage.login('node1', node1));
    await disk.use(0x11);
    expect(await storage.call('fsck')).to.deep.equal([]);
  });

  it('gives a target that is alive the secret of a catalog that was restored', async () => {
    await using storage = await RunningStorage.start({ reflinks: false });
    await storage.call('import_image', 'ubuntu', storage.source);
    const node1 = await storage.call<Provisioned>('provision', 'node1', 'ubuntu');
    const before = await storage.login('node1', node1);
    const { path } = await storage.call<{ path: string }>('backup_catalog', 'first');
    await storage.call('rotate_credentials', 'node1');
    await storage.stopObject();
    await restoreFrom(path, storage.stateDir(), systemClock);

    await storage.startObject();

    await using disk = await OpenDisk.connect(storage.portal, before);
    await disk.use(0x11);
    expect(await storage.call('fsck')).to.have.lengthOf(1); // that it was restored
  });

  it('says how to restore a damaged catalog, from the backup that it made', async () => {
    await using storage = await RunningStorage.start({ reflinks: false });
    const { path } = await storage.call<{ path: string }>('backup_catalog', 'first');
    expect((await readBackup(path)).entries.map(([key]) => key)).to.include('fact/id');
    expect(await reasonOf(storage.call('backup_catalog', 'first'))).to.equal('BACKUP_EXISTS');
    expect(await reasonOf(storage.call('backup_catalog', '../escape'))).to.equal('ARGUMENT_INVALID');
    await storage.stopObject();
    await truncate(join(storage.stateDir(), 'catalog', 'store.sqlite'), 10_000);
    expect(await reasonOf(storage.startObject())).to.equal('CATALOG_DAMAGED');
  });
});
