import { open, readdir, readFile, stat, writeFile } from 'node:fs/promises';

import { systemClock } from '@patchbay/core';
import { RecordingLog, refusal, requireTools, Scratch } from '@patchbay/core/testing';
import { expect } from 'chai';

import { FilePool } from '../../src/disks/file/file-pool.js';
import { execTool } from '../../src/exec.js';
import { initPool, type InitPoolRequest } from '../../src/init-pool/init-pool.js';

const GiB = 1024 ** 3;

function requestIn(scratch: Scratch, changes: Partial<InitPoolRequest> = {}): InitPoolRequest {
  return {
    target: scratch.file('pool.xfs'),
    sizeBytes: GiB,
    mountPoint: scratch.file('mount'),
    force: false,
    mountBy: 'systemd',
    mountNow: false,
    prefix: scratch.file('root'),
    ...changes,
  };
}

/** A loop device over an empty file. */
async function makeDevice(scratch: Scratch): Promise<AsyncDisposable & { readonly path: string }> {
  const file = await open(scratch.file('device'), 'wx');
  await file.truncate(GiB);
  await file.close();
  const { stdout } = await execTool('losetup', ['-f', '--show', scratch.file('device')]);
  const path = stdout.trim();
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      await execTool('losetup', ['-d', path]);
    },
  };
}

describe('init-pool', function () {
  this.timeout(60_000);

  before(function () {
    requireTools(this, 'mkfs.xfs', 'losetup', 'blkid');
  });

  it('makes a pool with reflinks in a sparse file, and mounts it when asked', async () => {
    await using scratch = await Scratch.make();
    const made = await initPool(requestIn(scratch, { mountNow: true }), execTool);
    try {
      expect(made.mounted).to.be.true;
      expect(await readFile(made.mountedBy, 'utf8')).to.include(`What=${scratch.file('pool.xfs')}`);
      const file = await stat(scratch.file('pool.xfs'));
      expect(file.size).to.equal(GiB);
      expect(file.blocks * 512).to.be.below(128 * 1024 ** 2);
      const log = new RecordingLog();
      const directory = made.mountPoint;
      const pool = await FilePool.open({ directory, exec: execTool, clock: systemClock, log });
      expect(pool.copyOnWrite).to.be.true;
      expect((await pool.capacity()).filesystem).to.equal('xfs');
      await refusal(initPool(requestIn(scratch, { force: true }), execTool), 'POOL_TARGET_REFUSED');
    } finally {
      await execTool('umount', [made.mountPoint]);
    }
  });

  it('makes a pool on an empty device, and on one that holds data only when forced', async () => {
    await using scratch = await Scratch.make();
    await using device = await makeDevice(scratch);
    const request = requestIn(scratch, { target: device.path, sizeBytes: undefined, mountBy: 'fstab' });
    const made = await initPool(request, execTool);
    expect(await readFile(made.mountedBy, 'utf8')).to.include(`${device.path} ${scratch.file('mount')} xfs`);
    const error = await refusal(initPool(request, execTool), 'POOL_TARGET_REFUSED');
    expect(error.message).to.include('(xfs)').and.to.include('--force');
    await initPool({ ...request, force: true }, execTool);
  });

  it('refuses a device with data that nobody knows', async () => {
    await using scratch = await Scratch.make();
    await using device = await makeDevice(scratch);
    const handle = await open(device.path, 'r+');
    await handle.write('not zero', 4096);
    await handle.sync();
    await handle.close();
    const request = requestIn(scratch, { target: device.path, sizeBytes: undefined });
    expect((await refusal(initPool(request, execTool), 'POOL_TARGET_REFUSED')).message).to.include(
      'unknown kind',
    );
  });

  it('refuses a file that is there, and leaves it as it was', async () => {
    await using scratch = await Scratch.make();
    await writeFile(scratch.file('pool.xfs'), 'precious');
    await refusal(initPool(requestIn(scratch), execTool), 'POOL_TARGET_REFUSED');
    expect(await readFile(scratch.file('pool.xfs'), 'utf8')).to.equal('precious');
  });

  for (const [what, changes] of [
    ['no size', { sizeBytes: undefined }],
    ['a size too small for XFS', { sizeBytes: 1024 ** 2 }],
  ] as const) {
    it(`refuses a file with ${what}, and leaves nothing`, async () => {
      await using scratch = await Scratch.make();
      await refusal(initPool(requestIn(scratch, changes), execTool), 'POOL_TARGET_REFUSED');
      expect(await readdir(scratch.path)).to.deep.equal([]);
    });
  }

  it('refuses a directory, and a size for a device', async () => {
    await using scratch = await Scratch.make();
    await refusal(initPool(requestIn(scratch, { target: scratch.path }), execTool), 'POOL_TARGET_REFUSED');
    await using device = await makeDevice(scratch);
    await refusal(initPool(requestIn(scratch, { target: device.path }), execTool), 'POOL_TARGET_REFUSED');
  });
});
