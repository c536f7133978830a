import { storageError } from '../errors.js';
import { type Exec, ExecError } from '../exec.js';
import { addToFstab, type MountEntry, writeUnit } from './mount-entry.js';
import { assertFreeMountPoint, type MountRequest, mountPool, undoMount } from './mount.js';
import { type PoolSource, preparePoolSource } from './pool-source.js';

/** How to create a pool. Paths are absolute. */
export interface InitPoolRequest {
  /** The device, or the file to create. */
  readonly target: string;
  readonly sizeBytes: number | undefined;
  readonly mountPoint: string;
  readonly force: boolean;
  /** What mounts it at boot. */
  readonly mountBy: 'systemd' | 'fstab';
  readonly mountNow: boolean;
  /** The root directory of the machine to configure; `/` except in tests and for machine images. */
  readonly prefix: string;
  /** Cancels the creation, until the filesystem is being mounted. */
  readonly signal?: AbortSignal;
}

/**
 * Creates an XFS with reflinks, and has the machine mount it at boot. A failure leaves nothing behind, except an empty
 * or partial filesystem on a device or in an existing file.
 * @throws RpcError `POOL_TARGET_REFUSED`, `POOL_MOUNT_FAILED`, `TOOL_MISSING`; the signal's reason
 */
export async function initPool(
  request: InitPoolRequest,
  exec: Exec,
): Promise<{ source: string; mountPoint: string; mountedBy: string; mounted: boolean }> {
  const { target, sizeBytes, mountPoint, force, mountBy, mountNow, prefix, signal } = request;
  if (mountNow) {
    await assertFreeMountPoint(mountPoint, exec);
  }
  const source = await preparePoolSource(target, { sizeBytes, force, exec });
  const entry: MountEntry = { source: source.path, mountPoint, isLoop: source.isLoop };
  try {
    await makeFilesystem(target, force, (file, args, options) => exec(file, args, { ...options, signal }));
    signal?.throwIfAborted();
    const written = mountBy === 'systemd' ? await writeUnit(entry, prefix) : await addToFstab(entry, prefix);
    if (mountNow) {
      const own = mountBy === 'systemd' ? { unit: written.path } : mountBy;
      await mountOrUndo({ entry, by: prefix === '/' ? own : undefined, exec }, written.undo, source);
    }
    return { source: source.path, mountPoint, mountedBy: written.path, mounted: mountNow };
  } catch (error) {
    await source.undo();
    throw error;
  }
}

async function mountOrUndo(
  request: MountRequest,
  undo: () => Promise<void>,
  { isNew }: PoolSource,
): Promise<void> {
  try {
    await mountPool(request);
  } catch (error) {
    await undoMount(request, undo);
    if (!(error instanceof ExecError)) {
      throw error;
    }
    const { source, mountPoint } = request.entry;
    const left = isNew ? 'nothing is left of it' : 'it holds an empty XFS now, so give --force the next time';
    throw storageError(
      'POOL_MOUNT_FAILED',
      `${source} cannot be mounted at ${mountPoint}: ${error.stderrTail.trim()}; ${left}`,
      { details: { path: source, mountPoint }, cause: error },
    );
  }
}

async function makeFilesystem(target: string, force: boolean, exec: Exec): Promise<void> {
  try {
    await exec('mkfs.xfs', ['-q', ...(force ? ['-f'] : []), '-m', 'reflink=1', '-L', 'patchbay', target], {
      timeoutMs: 0,
    });
  } catch (error) {
    if (!(error instanceof ExecError)) {
      throw error;
    }
    const message = `cannot create an XFS on ${target}: ${error.stderrTail.trim()}`;
    throw storageError('POOL_TARGET_REFUSED', message, { details: { path: target }, cause: error });
  }
}
