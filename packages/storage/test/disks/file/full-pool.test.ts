import { chmod, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';

import { type RpcError, systemClock } from '@patchbay/core';
import { RecordingLog, requireTools } from '@patchbay/core/testing';

import { FilePool } from '../../../src/disks/file/file-pool.js';
import { freeBytesOf } from '../../../src/disks/file/pool-error.js';
import { type VolumeRef } from '../../../src/disks/volume-pool.js';
import { execTool } from '../../../src/exec.js';
import { type LoopMount, mountBtrfs, mountExt4, mountXfs } from '../../../src/testing/loop-filesystem.js';
import { failureOf } from '../volume-pool-suite.js';

const MiB = 1024 * 1024;
const image: VolumeRef = { kind: 'image', id: 'image-00000001' };
const disk: VolumeRef = { kind: 'disk', id: 'disk-000000001' };

function openPool(path: string, log = new RecordingLog()): Promise<FilePool> {
  return FilePool.open({ directory: path, exec: execTool, clock: systemClock, log });
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

/** Leaves not a block to a pool. */
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

  it('says so when the space ends in the middle of a full copy, and leaves nothing', async function () {
    requireTools(this, 'mkfs.ext4');
    await using mount = await mountExt4({ sizeBytes: 128 * MiB });
    const hog = join(mount.path, 'hog');
    const pool = await FilePool.open({
      directory: mount.path,
      // Another takes the space after it was looked at.
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
    it(`still opens on ${name}, clones or says that it is full, and can be emptied`, async function () {
      requireTools(this, mkfs);
      await using mounted = await mount();
      const first = await openPool(mounted.path);
      await fill(first.path(image), 8 * MiB);
      await chmod(first.path(image), 0o440);
      await fillUp(join(mounted.path, 'hog'));

      const pool = await openPool(mounted.path);
      // A reflink needs next to nothing, so that it may still succeed.
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
