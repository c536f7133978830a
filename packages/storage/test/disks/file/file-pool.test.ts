import { expect } from 'chai';
import { chmod, mkdir, open, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { isRpcError, type RpcError, systemClock } from '@patchbay/objects';
import { FakeClock, RecordingLog, requireTools } from '@patchbay/objects/testing';

import { type FilePool, openFilePool } from '../../../src/disks/file/file-pool.js';
import type { VolumeRef } from '../../../src/disks/volume-pool.js';
import { execTool } from '../../../src/exec.js';
import { mountBtrfs, mountExt4, mountXfs } from '../../../src/testing/loop-filesystem.js';
import { makeScratch, type Scratch } from '../scratch.js';
import { describeVolumePool, failureOf, type PoolUnderTest } from '../volume-pool-suite.js';

const MiB = 1024 * 1024;
const image: VolumeRef = { kind: 'image', id: 'image-00000001' };
const disk: VolumeRef = { kind: 'disk', id: 'disk-000000001' };

function openPool(path: string, expectedId?: string, log = new RecordingLog()): Promise<FilePool> {
  return openFilePool({ directory: path, expectedId, exec: execTool, clock: systemClock, log });
}

async function seed(pool: FilePool, volume: VolumeRef, content: Buffer): Promise<void> {
  await writeFile(pool.path(volume), content);
  await chmod(pool.path(volume), 0o440);
}

async function underTest(place: Scratch): Promise<PoolUnderTest> {
  const pool = await openPool(join(place.path, 'pool'));
  return {
    pool,
    seed: (volume, content) => seed(pool, volume, content),
    read: (volume) => readFile(pool.path(volume)),
    write: async (volume, content, position) => {
      const file = await open(pool.path(volume), 'r+');
      await file.write(content, 0, content.length, position);
      await file.close();
    },
    [Symbol.asyncDispose]: () => place[Symbol.asyncDispose](),
  };
}

describeVolumePool('of files in a temporary directory', async () => underTest(await makeScratch()));
describeVolumePool(
  'of files on XFS',
  async () => underTest(await mountXfs({ sizeBytes: 320 * MiB })),
  (context) => {
    requireTools(context, 'mkfs.xfs');
  },
);
describeVolumePool(
  'of files on Btrfs',
  async () => underTest(await mountBtrfs({ sizeBytes: 320 * MiB })),
  (context) => {
    requireTools(context, 'mkfs.btrfs');
  },
);

describe('FilePool', function () {
  this.timeout(60_000);

  it('keeps its id, and can be reopened by it', async () => {
    await using scratch = await makeScratch();
    const { id } = await openPool(scratch.path);
    expect((await openPool(scratch.path, id)).id).to.equal(id);
    expect((await openPool(scratch.path)).id).to.equal(id);
  });

  it('has one id when two open it for the first time at once', async () => {
    await using scratch = await makeScratch();
    const pools = await Promise.all([1, 2, 3, 4].map(() => openPool(scratch.path)));
    expect(new Set(pools.map(({ id }) => id)).size).to.equal(1);
    expect(await readdir(scratch.path)).to.have.members([
      'disks',
      'images',
      'orphans',
      'patchbay-pool.json',
      'snapshots',
      'tmp',
    ]);
  });

  const unusable: readonly (readonly [string, (path: string) => Promise<unknown>])[] = [
    ['that is gone', (path) => rm(path, { recursive: true })],
    ['that lost its marker, as one that is not mounted', (path) => rm(join(path, 'patchbay-pool.json'))],
    [
      'that has the marker of another pool',
      (path) =>
        writeFile(
          join(path, 'patchbay-pool.json'),
          '{ "version": 1, "id": "0b9c3f7e-53a1-4b0e-9d36-0c55a5e1a001" }',
        ),
    ],
    [
      'whose marker is of a later version',
      (path) =>
        writeFile(
          join(path, 'patchbay-pool.json'),
          '{ "version": 2, "id": "0b9c3f7e-53a1-4b0e-9d36-0c55a5e1a001" }',
        ),
    ],
    ['whose marker is no JSON', (path) => writeFile(join(path, 'patchbay-pool.json'), 'patchbay')],
  ];
  for (const [name, spoil] of unusable) {
    it(`neither opens, fills nor lists a pool ${name}`, async () => {
      await using scratch = await makeScratch();
      const path = join(scratch.path, 'pool');
      const pool = await openPool(path);
      await seed(pool, image, Buffer.alloc(MiB));
      await spoil(path);
      const attempts = [
        () => openPool(path, pool.id),
        () => pool.list(),
        () => pool.stat(image),
        () => pool.ensureCloned(image, disk),
        () => pool.ensureRemoved(image),
        () => pool.removeTemporaries(0),
      ];
      for (const attempt of attempts) {
        const error = await failureOf(attempt());
        expect(isRpcError(error, 'POOL_UNAVAILABLE'), String(error)).to.be.true;
      }
    });
  }

  it('refuses a pool whose filesystem is read-only', async function () {
    requireTools(this, 'mkfs.xfs');
    await using mount = await mountXfs({ sizeBytes: 320 * MiB });
    const { id } = await openPool(mount.path);
    await mount.unmount();
    expect(isRpcError(await failureOf(openPool(mount.path, id)), 'POOL_UNAVAILABLE')).to.be.true;
    await mount.mountReadOnly();
    expect(isRpcError(await failureOf(openPool(mount.path, id)), 'POOL_UNAVAILABLE')).to.be.true;
  });

  it('refuses a pool that is spread over two filesystems', async function () {
    requireTools(this, 'mkfs.xfs');
    await using scratch = await makeScratch();
    await using mount = await mountXfs({ sizeBytes: 320 * MiB });
    await mkdir(join(scratch.path, 'images'));
    await execTool('mount', ['--bind', mount.path, join(scratch.path, 'images')]);
    try {
      const error = (await failureOf(openPool(scratch.path))) as RpcError;
      expect(error.reason).to.equal('POOL_UNAVAILABLE');
      expect(error.message).to.include('images/');
    } finally {
      await execTool('umount', [join(scratch.path, 'images')]);
    }
  });

  it('detects reflinks on XFS and logs nothing', async function () {
    requireTools(this, 'mkfs.xfs');
    await using mount = await mountXfs({ sizeBytes: 320 * MiB });
    const log = new RecordingLog();
    expect((await openPool(mount.path, undefined, log)).copyOnWrite).to.be.true;
    expect(log.lines).to.deep.equal([]);
  });

  it('warns once if there are no reflinks, with what to do, and makes sparse copies', async function () {
    requireTools(this, 'mkfs.ext4');
    await using mount = await mountExt4({ sizeBytes: 256 * MiB });
    const log = new RecordingLog();
    const pool = await openPool(mount.path, undefined, log);
    await seed(pool, image, Buffer.concat([Buffer.alloc(MiB, 'x'), Buffer.alloc(31 * MiB)]));
    await pool.ensureCloned(image, disk, { sizeBytes: 10 * 1024 * MiB });
    expect(pool.copyOnWrite).to.be.false;
    expect(log.lines.map(({ level }) => level)).to.deep.equal(['warn']);
    expect(log.lines[0]?.message).to.include('mkfs.xfs -m reflink=1');
    const cloned = await pool.stat(disk);
    expect(cloned?.sizeBytes).to.equal(10 * 1024 * MiB);
    expect(cloned?.usedBytes).to.be.below(2 * MiB);
  });

  it('makes no plain copy instead of a reflink where it reported reflinks', async function () {
    requireTools(this, 'mkfs.btrfs', 'chattr');
    await using mount = await mountBtrfs({ sizeBytes: 320 * MiB });
    const pool = await openPool(mount.path);
    await writeFile(pool.path(image), '');
    await execTool('chattr', ['+C', pool.path(image)]);
    await writeFile(pool.path(image), Buffer.alloc(MiB));
    const error = (await failureOf(pool.ensureCloned(image, disk))) as RpcError;
    expect(error.reason).to.equal('POOL_UNAVAILABLE');
    expect(error.message).to.include('+C');
    expect(await pool.stat(disk)).to.be.undefined;
  });

  it('makes disks writable for the owner only, and snapshots for nobody', async () => {
    await using scratch = await makeScratch();
    const pool = await openPool(scratch.path);
    await seed(pool, image, Buffer.alloc(MiB));
    const snapshot: VolumeRef = { kind: 'snapshot', id: 'snapshot-00001' };
    await pool.ensureCloned(image, disk);
    await pool.ensureCloned(disk, snapshot);
    expect((await stat(pool.path(disk))).mode & 0o777).to.equal(0o600);
    expect((await stat(pool.path(snapshot))).mode & 0o777).to.equal(0o440);
  });

  it('does not list what is not its own', async () => {
    await using scratch = await makeScratch();
    const pool = await openPool(scratch.path);
    for (const name of ['debian.raw', 'patchbay-x.raw', 'patchbay-disk-000000001.raw.bak', 'lost+found']) {
      await writeFile(join(scratch.path, 'disks', name), '');
    }
    expect(await pool.list()).to.deep.equal([]);
  });

  it('removes temporary files that are old enough, and only those with our names', async () => {
    await using scratch = await makeScratch();
    const clock = new FakeClock();
    const pool = await openFilePool({
      directory: scratch.path,
      exec: execTool,
      clock,
      log: new RecordingLog(),
    });
    for (const [name, ageMs] of [
      ['patchbay-old.part', 60_000],
      ['patchbay-young.part', 59_000],
      ['notes.txt', 600_000],
    ] as const) {
      const path = join(scratch.path, 'tmp', name);
      await writeFile(path, '');
      await utimes(path, new Date(clock.now()), new Date(clock.now() - ageMs));
    }
    expect(await pool.removeTemporaries(60_000)).to.equal(1);
    expect(await readdir(join(scratch.path, 'tmp'))).to.have.members(['patchbay-young.part', 'notes.txt']);
  });

  it('leaves temporary files that are in use, however old', async () => {
    await using scratch = await makeScratch();
    const pool = await openPool(scratch.path);
    {
      await using temporary = pool.directory.temporaries.create();
      await writeFile(temporary.path, '');
      expect(await pool.removeTemporaries(0)).to.equal(0);
    }
    expect(await readdir(join(scratch.path, 'tmp'))).to.deep.equal([]);
  });

  it('stops a full copy when it is aborted, and leaves nothing', async function () {
    requireTools(this, 'mkfs.ext4');
    await using mount = await mountExt4({ sizeBytes: 256 * MiB });
    const controller = new AbortController();
    const reason = new Error('the caller went away');
    const pool = await openFilePool({
      directory: mount.path,
      // Aborts while the copy runs: the program has started by then.
      exec: (file, args, options) => {
        const running = execTool(file, args, options);
        controller.abort(reason);
        return running;
      },
      clock: systemClock,
      log: new RecordingLog(),
    });
    await seed(pool, image, Buffer.alloc(64 * MiB, 'x'));
    expect(await failureOf(pool.ensureCloned(image, disk, { signal: controller.signal }))).to.equal(reason);
    expect(await readdir(join(mount.path, 'tmp'))).to.deep.equal([]);
    expect(await pool.stat(disk)).to.be.undefined;
  });
});
