import { expect } from 'chai';
import { chmod, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { type RpcError, systemClock } from '@patchbay/objects';
import { eventually, RecordingLog, requireTools } from '@patchbay/objects/testing';

import { type FilePool, openFilePool } from '../../../src/disks/file/file-pool.js';
import { freeBytesOf } from '../../../src/disks/file/pool-error.js';
import type { VolumeRef } from '../../../src/disks/volume-pool.js';
import { execTool } from '../../../src/exec.js';
import { type LoopMount, mountBtrfs, mountExt4, mountXfs } from '../../../src/testing/loop-filesystem.js';
import { failureOf } from '../volume-pool-suite.js';

const MiB = 1024 * 1024;
const image: VolumeRef = { kind: 'image', id: 'image-00000001' };
const disk: VolumeRef = { kind: 'disk', id: 'disk-000000001' };

function openPool(path: string, log = new RecordingLog()): Promise<FilePool> {
  return openFilePool({ directory: path, exec: execTool, clock: systemClock, log });
}

/** Writes bytes that are not zero until they are all written or the filesystem is full. */
async function fill(path: string, sizeBytes: number, chunkBytes = MiB): Promise<void> {
  const file = await open(path, 'a');
  const chunk = Buffer.alloc(chunkBytes, 'x');
  try {
    for (let written = 0; written < sizeBytes; written += chunkBytes) {
      await file.appendFile(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Fills a pool to the last block. */
async function fillUp(path: string): Promise<void> {
  for (const chunkBytes of [MiB, 4096]) {
    const error = await failureOf(fill(path, Infinity, chunkBytes));
    expect(error).to.have.property('code', 'ENOSPC');
  }
}

describe('a FilePool that is full', function () {
  this.timeout(120_000);

  it('refuses a full copy that does not fit, with the sizes and what to do, and leaves nothing', async function () {
    requireTools(this, 'mkfs.ext4');
    await using mount = await mountExt4({ sizeBytes: 128 * MiB });
    const pool = await openPool(mount.path);
    await fill(pool.path(image), 70 * MiB);
    const freeBefore = await freeBytesOf(mount.path);
    const error = (await failureOf(pool.ensureCloned(image, disk))) as RpcError;
    expect(error.reason).to.equal('POOL_FULL');
    expect(error.message).to.match(/ MiB left, and 7\d\.\d MiB are needed: delete images/);
    expect(error.details).to.include({ pool: mount.path, freeBytes: freeBefore });
    expect(await readdir(join(mount.path, 'tmp'))).to.deep.equal([]);
    expect(await pool.stat(disk)).to.be.undefined;
  });

  it('reports it when the space runs out in the middle of a full copy, and leaves nothing', async function () {
    requireTools(this, 'mkfs.ext4');
    await using mount = await mountExt4({ sizeBytes: 128 * MiB });
    const hog = join(mount.path, 'hog');
    const pool = await openFilePool({
      directory: mount.path,
      // Somebody else uses up the space after it was checked.
      exec: async (file, args, options) => {
        await fill(hog, 50 * MiB);
        return execTool(file, args, options);
      },
      clock: systemClock,
      log: new RecordingLog(),
    });
    await fill(pool.path(image), 40 * MiB);
    const error = (await failureOf(pool.ensureCloned(image, disk))) as RpcError;
    expect(error.reason).to.equal('POOL_FULL');
    expect(await readdir(join(mount.path, 'tmp'))).to.deep.equal([]);
    await rm(hog);
    expect(await freeBytesOf(mount.path)).to.be.above(40 * MiB);
  });

  const filesystems: readonly (readonly [string, string, () => Promise<LoopMount>])[] = [
    ['XFS', 'mkfs.xfs', () => mountXfs({ sizeBytes: 300 * MiB })],
    ['Btrfs', 'mkfs.btrfs', () => mountBtrfs({ sizeBytes: 160 * MiB })],
    ['ext4', 'mkfs.ext4', () => mountExt4({ sizeBytes: 64 * MiB })],
  ];
  for (const [name, mkfs, mount] of filesystems) {
    it(`still opens on ${name}, clones or reports that it is full, and can be emptied`, async function () {
      requireTools(this, mkfs);
      await using mounted = await mount();
      const first = await openPool(mounted.path);
      await fill(first.path(image), 8 * MiB);
      await chmod(first.path(image), 0o440);
      await fillUp(join(mounted.path, 'hog'));

      const pool = await openPool(mounted.path);
      // A reflink needs next to nothing, so it may still succeed.
      const failure = await pool.ensureCloned(image, disk).catch((error: unknown) => error);
      if (failure === undefined) {
        expect((await pool.stat(disk))?.sizeBytes).to.equal(8 * MiB);
      } else {
        expect((failure as RpcError).reason, (failure as RpcError).message).to.equal('POOL_FULL');
        expect(await pool.stat(disk)).to.be.undefined;
      }
      expect(await readdir(join(mounted.path, 'tmp'))).to.deep.equal([]);
      await pool.ensureRemoved(disk);
      await pool.ensureRemoved(image);
      expect(await pool.list()).to.deep.equal([]);
    });
  }

  it('refuses a size that no file can have', async function () {
    requireTools(this, 'mkfs.ext4');
    await using mount = await mountExt4({ sizeBytes: 64 * MiB });
    const pool = await openPool(mount.path);
    await fill(pool.path(image), MiB);
    const error = await failureOf(pool.ensureCloned(image, disk, { sizeBytes: 2 ** 50 }));
    expect((error as RpcError).reason).to.equal('POOL_FULL');
    expect(await readdir(join(mount.path, 'tmp'))).to.deep.equal([]);
    expect(await pool.stat(disk)).to.be.undefined;
  });
});

describe('a FilePool with a high-water mark', function () {
  this.timeout(120_000);

  it('accepts nothing more above it, although there is space, and accepts again below it', async function () {
    requireTools(this, 'mkfs.xfs');
    await using mount = await mountXfs({ sizeBytes: 512 * MiB });
    const log = new RecordingLog();
    const options = { directory: mount.path, exec: execTool, clock: systemClock, log, highWater: 0.5 };
    const pool = await openFilePool(options);
    await pool.requireRoom();
    const { highWaterBytes, usedBytes, sizeBytes } = await pool.capacity();
    expect(highWaterBytes / sizeBytes).to.be.closeTo(0.5, 0.001);
    const error = (await failureOf(pool.requireRoom(highWaterBytes - usedBytes + 1))) as RpcError;
    expect(error.reason).to.equal('POOL_HIGH_WATER');
    expect(error.code).to.equal('RESOURCE_EXHAUSTED');

    await fill(join(mount.path, 'filler'), highWaterBytes - usedBytes + MiB);
    expect(await failureOf(pool.requireRoom())).to.have.property('reason', 'POOL_HIGH_WATER');
    expect(await freeBytesOf(mount.path)).to.be.above(100 * MiB);
    await rm(join(mount.path, 'filler'));
    await eventually(() => pool.requireRoom()); // the filesystem frees in the background
  });
});

describe('a FilePool that is opened before it is available', function () {
  this.timeout(120_000);

  it('refuses while it is not mounted, reports when it is read-only, and clones once it can', async function () {
    requireTools(this, 'mkfs.xfs');
    await using mount = await mountXfs({ sizeBytes: 320 * MiB });
    const first = await openPool(mount.path);
    await fill(first.path(image), MiB);
    await mount.unmount();
    const log = new RecordingLog();
    const found: string[] = [];
    const pool = await openFilePool({
      directory: mount.path,
      expectedId: first.id,
      whenMissing: 'wait',
      onFound: (id) => Promise.resolve(void found.push(id)),
      exec: execTool,
      clock: systemClock,
      log,
    });
    expect(log.lines.map(({ level }) => level)).to.deep.equal(['error']);
    for (const attempt of [() => pool.stat(image), () => pool.capacity(), () => pool.requireRoom()]) {
      expect(await failureOf(attempt())).to.have.property('reason', 'POOL_UNAVAILABLE');
    }
    expect(found).to.deep.equal([]);

    await mount.mountReadOnly();
    expect((await pool.stat(image))?.sizeBytes).to.equal(MiB);
    expect((await pool.capacity()).isWritable).to.be.false;
    for (const attempt of [() => pool.requireRoom(), () => pool.ensureCloned(image, disk)]) {
      expect(await failureOf(attempt())).to.have.property('reason', 'POOL_UNAVAILABLE');
    }

    await mount.unmount();
    await mount.mountAgain();
    await pool.requireRoom();
    await pool.ensureCloned(image, disk);
    expect(pool.copyOnWrite).to.be.true;
    expect(found).to.deep.equal([first.id]);
  });
});
