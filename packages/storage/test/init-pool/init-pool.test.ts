import { expect } from 'chai';
import { mkdir, open, readdir, readFile, stat, writeFile } from 'node:fs/promises';

import { systemClock } from '@patchbay/objects';
import { RecordingLog, refusal, requireTools, Scratch } from '@patchbay/objects/testing';

import { openFilePool } from '../../src/disks/file/file-pool.js';
import { type Exec, ExecError, execTool } from '../../src/exec.js';
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

/** Runs programs on a machine where nothing can be mounted. */
const withoutMount: Exec = (file, ...rest) =>
  file === 'mount' ? Promise.reject(new ExecError(file, 32, false, 'no loop')) : execTool(file, ...rest);

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

  it('creates a pool with reflinks in a sparse file, and mounts it on request', async () => {
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
      const pool = await openFilePool({ directory, exec: execTool, clock: systemClock, log });
      expect(pool.copyOnWrite).to.be.true;
      expect((await pool.capacity()).filesystem).to.equal('xfs');
      await refusal(initPool(requestIn(scratch, { force: true }), execTool), 'POOL_TARGET_REFUSED');
    } finally {
      await execTool('umount', [made.mountPoint]);
    }
  });

  it('refuses a mount point that has a mount or holds files, and creates nothing', async () => {
    await using scratch = await Scratch.make();
    const mountPoint = scratch.file('mount');
    await mkdir(mountPoint);
    await execTool('mount', ['-t', 'tmpfs', 'what-is-there', mountPoint]);
    try {
      const error = await refusal(
        initPool(requestIn(scratch, { mountNow: true }), execTool),
        'POOL_TARGET_REFUSED',
      );
      expect(error.message).to.include('has a filesystem mounted (what-is-there tmpfs); unmount it first');
    } finally {
      await execTool('umount', [mountPoint]);
    }
    await writeFile(scratch.file('mount/a'), '');
    const error = await refusal(
      initPool(requestIn(scratch, { mountNow: true }), execTool),
      'POOL_TARGET_REFUSED',
    );
    expect(error.message).to.include('holds files');
    expect(await readdir(scratch.path)).to.deep.equal(['mount']);
  });

  for (const mountBy of ['systemd', 'fstab'] as const) {
    it(`leaves no file when it cannot be mounted, and works when it can (${mountBy})`, async () => {
      await using scratch = await Scratch.make();
      const request = requestIn(scratch, { mountNow: true, mountBy });
      const error = await refusal(initPool(request, withoutMount), 'POOL_MOUNT_FAILED');
      expect(error.message).to.equal(
        `${request.target} cannot be mounted at ${request.mountPoint}: no loop; nothing is left of it`,
      );
      const left = await readdir(scratch.path, { recursive: true, withFileTypes: true });
      expect(left.filter((each) => each.isFile() && each.name !== 'fstab')).to.deep.equal([]);
      await initPool(request, execTool);
      await execTool('umount', [request.mountPoint]);
    });
  }

  it('reports that a device keeps its new filesystem when that cannot be mounted', async () => {
    await using scratch = await Scratch.make();
    await using device = await makeDevice(scratch);
    const request = requestIn(scratch, { target: device.path, sizeBytes: undefined, mountNow: true });
    const error = await refusal(initPool(request, withoutMount), 'POOL_MOUNT_FAILED');
    expect(error.message).to.include('it holds an empty XFS now, so give --force the next time');
    await initPool({ ...request, force: true }, execTool);
    await execTool('umount', [request.mountPoint]);
  });

  it('leaves no file when it is cancelled while the filesystem is created', async () => {
    await using scratch = await Scratch.make();
    const cancel = new AbortController();
    const slow: Exec = (file, args, options) => {
      if (file === 'mkfs.xfs') {
        setImmediate(() => {
          cancel.abort(new Error('cancelled'));
        });
        return execTool('sleep', ['60'], options);
      }
      return execTool(file, args, options);
    };
    const making = initPool(requestIn(scratch, { mountNow: true, signal: cancel.signal }), slow);
    const error: unknown = await making.catch((reason: unknown) => reason);
    expect(error).to.equal(cancel.signal.reason);
    expect(await readdir(scratch.path)).to.deep.equal([]);
  });

  it('creates a pool on an empty device, and on one that holds data only when forced', async () => {
    await using scratch = await Scratch.make();
    await using device = await makeDevice(scratch);
    const request = requestIn(scratch, { target: device.path, sizeBytes: undefined, mountBy: 'fstab' });
    const made = await initPool(request, execTool);
    expect(await readFile(made.mountedBy, 'utf8')).to.include(`${device.path} ${scratch.file('mount')} xfs`);
    const error = await refusal(initPool(request, execTool), 'POOL_TARGET_REFUSED');
    expect(error.message).to.include('(xfs)').and.to.include('--force');
    await initPool({ ...request, force: true }, execTool);
  });

  it('refuses a device with data of an unknown kind', async () => {
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

  it('refuses an existing file, and leaves it as it was', async () => {
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
