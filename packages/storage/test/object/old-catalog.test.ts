import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { requireTools } from '@patchbay/objects/testing';

import { OpenDisk } from '../targets/initiators.js';
import { type Provisioned, RunningStorage } from './running-storage.js';

interface Status {
  readonly problems: readonly { readonly reason: string }[];
}

interface Orphan {
  readonly orphan: string;
  readonly kind: string;
}

/** What may happen to a catalog, after a disk was made that it then does not know. */
const mishaps: readonly (readonly [string, (storage: RunningStorage) => Promise<void>])[] = [
  ['whose directory was put back', (storage) => cp(copyOf(storage), catalogOf(storage), { recursive: true })],
  [
    'whose pool has a generation that cannot be read',
    async (storage) => {
      await cp(copyOf(storage), catalogOf(storage), { recursive: true });
      await writeFile(join(storage.pool, 'patchbay-generation'), 'x');
    },
  ],
];

function catalogOf(storage: RunningStorage): string {
  return join(storage.stateDir(), 'catalog');
}

function copyOf(storage: RunningStorage): string {
  return join(storage.stateDir(), 'catalog-copy');
}

/** Lets a process start from nothing and provision a node, and kills it once it has answered. */
async function provisionAndKill(storage: RunningStorage): Promise<Provisioned> {
  const script = new URL('./provision-process.js', import.meta.url).pathname;
  const { pool, portal, source, sourceFile } = storage;
  const options = JSON.stringify({ pool, portal, sourceDirectories: [dirname(sourceFile)] });
  const child = spawn(process.execPath, [script, options, storage.stateDir(), source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  try {
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    return JSON.parse(line.toString()) as Provisioned;
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

describe('a catalog that went back in time', function () {
  this.timeout(120_000);

  before(function () {
    requireTools(this, 'tgtd', 'tgtadm', 'qemu-img', 'qemu-io', 'mkfs.xfs');
  });

  const reasons = async (storage: RunningStorage): Promise<readonly string[]> =>
    (await storage.call<Status>('status')).problems.map(({ reason }) => reason);

  for (const [title, strike] of mishaps) {
    it(`is noticed, ${title}, and costs no disk, which can be taken back`, async () => {
      await using storage = await RunningStorage.start({ reflinks: true });
      await storage.call('import_image', 'ubuntu', storage.source);
      await storage.stopObject();
      await cp(catalogOf(storage), copyOf(storage), { recursive: true });
      await storage.startObject();
      const made = await storage.call<Provisioned>('provision', 'node7', 'ubuntu');
      {
        await using disk = await OpenDisk.connect(storage.portal, await storage.login('node7', made));
        await disk.use(0x11);
        await disk.run('flush', /./);
      }
      await storage.stopObject();
      await rm(catalogOf(storage), { recursive: true });
      await strike(storage);

      await storage.startObject();
      await storage.call('reconcile');
      expect(await reasons(storage)).to.deep.equal(['CATALOG_RESTORED']);
      expect((await storage.files()).join()).to.contain(`disks/patchbay-${made.diskId}.raw`);

      // The next start knows it still.
      await storage.stopObject();
      await storage.startObject();
      expect(await reasons(storage)).to.deep.equal(['CATALOG_RESTORED']);

      await storage.call('confirm_restore');
      await storage.call('reconcile');
      expect(await reasons(storage)).to.deep.equal([]);
      const [orphan] = await storage.call<Orphan[]>('list_orphans');
      expect(orphan).to.include({ orphan: `disk-${made.diskId}`, kind: 'disk' });
      expect(await storage.call<object>('pool_info')).to.include({ orphans: 1 });

      await storage.words('adopt_orphan', orphan?.orphan ?? '', '--node', 'node7');
      const again = await storage.call<Provisioned>('attach_disk', made.diskId, 'node7');
      await using disk = await OpenDisk.connect(storage.portal, await storage.login('node7', again));
      await disk.run('read -P 0x11 0 1M', /read 1048576\/1048576/);
      expect(await storage.call('list_orphans')).to.deep.equal([]);
    });
  }

  it('cuts no node off: neither by a new node, nor by ending a daemon that it does not know', async () => {
    const options = { targetsPerDaemon: 1 };
    await using storage = await RunningStorage.start({ reflinks: false });
    await storage.call('import_image', 'ubuntu', storage.source);
    await storage.stopObject();
    await cp(catalogOf(storage), copyOf(storage), { recursive: true });
    await storage.startObject('state', options);
    const first = await storage.call<Provisioned>('provision', 'node7', 'ubuntu');
    const second = await storage.call<Provisioned>('provision', 'node8', 'ubuntu');
    expect(second.target.portal).not.to.equal(first.target.portal);
    await using disk7 = await OpenDisk.connect(first.target.portal, await storage.login('node7', first));
    await using disk8 = await OpenDisk.connect(second.target.portal, await storage.login('node8', second));
    await storage.stopObject();
    await rm(catalogOf(storage), { recursive: true });
    await cp(copyOf(storage), catalogOf(storage), { recursive: true });

    await storage.startObject('state', options);
    const made = await storage.call<Provisioned>('provision', 'node9', 'ubuntu');
    const { kept } = await storage.call<{ kept: string[] }>('reconcile');

    expect(kept).to.have.members([first.target.iqn, second.target.iqn]);
    expect(await reasons(storage)).to.deep.equal([
      'CATALOG_RESTORED',
      'TARGET_WITHOUT_RECORD',
      'TARGET_WITHOUT_RECORD',
    ]);
    expect(made.target.portal).not.to.be.oneOf([first.target.portal, second.target.portal]);
    await disk7.use(0x77);
    await disk8.use(0x88);

    // One is taken back; the other one goes with the confirmation, and its file stays.
    await storage.words('adopt_orphan', `disk-${first.diskId}`, '--node', 'node7');
    const again = await storage.call<Provisioned>('attach_disk', first.diskId, 'node7');
    await using disk = await OpenDisk.connect(again.target.portal, await storage.login('node7', again));
    await disk.run('read -P 0x77 0 1M', /read 1048576\/1048576/);
    await storage.call('confirm_restore');
    const { removedTargets } = await storage.call<{ removedTargets: string[] }>('reconcile');
    expect(removedTargets).to.deep.equal([second.target.iqn]);
    const orphans = await storage.call<Orphan[]>('list_orphans');
    expect(orphans.map(({ orphan }) => orphan)).to.deep.equal([`disk-${second.diskId}`]);
    await disk.use(0x79);
  });

  it('is noticed after kill -9 and the loss of its log, although it knows next to nothing', async () => {
    await using storage = await RunningStorage.start({ reflinks: false });
    await storage.stopObject();
    await storage.startObject('state', { onStop: 'stop' });
    await storage.stopObject();
    await rm(storage.stateDir(), { recursive: true });
    await rm(storage.pool, { recursive: true });
    await mkdir(storage.stateDir());
    const made = await provisionAndKill(storage);
    await rm(join(catalogOf(storage), 'store.sqlite-wal'));

    await storage.startObject();

    await storage.call('reconcile');
    expect(await reasons(storage)).to.deep.equal(['CATALOG_RESTORED']);
    expect((await storage.files()).join()).to.contain(`disks/patchbay-${made.diskId}.raw`);
  });

  it('is no restored one when it is only started again, or its pool is of an earlier version', async () => {
    await using storage = await RunningStorage.start({ reflinks: false });
    await storage.call('import_image', 'ubuntu', storage.source);
    await storage.stopObject();
    await rm(join(storage.pool, 'patchbay-generation'));
    await storage.startObject();
    await storage.stopObject();
    await storage.startObject();
    expect(await reasons(storage)).to.deep.equal([]);
  });
});
