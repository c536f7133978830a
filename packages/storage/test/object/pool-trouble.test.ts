import { readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';

import { eventually, requireTools } from '@patchbay/core/testing';
import { expect } from 'chai';

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
    expect(await storage.call<Status>('status')).to.deep.equal({ state: 'ready', problems: [] });
    await using disk = await OpenDisk.connect(storage.portal, await storage.login('node1', node1));
    await disk.run('read -P 0x5a 0 1M', /read 1048576\/1048576/);
    await storage.call('provision', 'node2', 'ubuntu');
    expect(await storage.call('fsck')).to.deep.equal([]);
    expect(await storage.call('pool_info')).to.include({ state: 'ready', filesystem: 'xfs', reflink: true });
  });

  it('says how to restore a damaged catalog, from the backup that it made', async () => {
    await using storage = await RunningStorage.start({ reflinks: false });
    const { path } = await storage.call<{ path: string }>('backup_catalog', 'first');
    expect((await readFile(path)).length).to.be.above(1000);
    expect(await reasonOf(storage.call('backup_catalog', 'first'))).to.equal('BACKUP_EXISTS');
    expect(await reasonOf(storage.call('backup_catalog', '../escape'))).to.equal('ARGUMENT_INVALID');
    await storage.stopObject();
    await truncate(join(storage.stateDir(), 'catalog', 'store.sqlite'), 10_000);
    expect(await reasonOf(storage.startObject())).to.equal('CATALOG_DAMAGED');
  });
});
