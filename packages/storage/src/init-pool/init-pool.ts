import { storageError } from '../errors.js';
import { type Exec, ExecError } from '../exec.js';
import { addToFstab, type MountEntry, writeUnit } from './mount-entry.js';
import { forgetMount, type Mounting, mountPool, refuseMountPoint } from './mount-now.js';
import { type PoolSource, preparePoolSource } from './pool-source.js';

/** What a new pool shall be. Paths are absolute. */
export interface InitPoolRequest {
  /** The device, or the file to make. */
  readonly target: string;
  /** The size of the file. */
  readonly sizeBytes: number | undefined;
  readonly mountPoint: string;
  /** Whether to overwrite what is there. */
  readonly force: boolean;
  /** What mounts it at each start of the machine. */
  readonly mountBy: 'systemd' | 'fstab';
  /** Whether to mount it now. */
  readonly mountNow: boolean;
  /** Where `etc` is; `/` outside of tests and images of machines. */
  readonly prefix: string;
  /** Gives up, as long as the filesystem is not mounted. */
  readonly signal?: AbortSignal;
}

/**
 * Makes an XFS with reflinks, and has the machine mount it. What fails leaves nothing behind, but on a device, or
 * in a file that was there, an empty filesystem or a part of one.
 * @throws RpcError `POOL_TARGET_REFUSED`, `POOL_MOUNT_FAILED`, `TOOL_MISSING`; what the signal was aborted with
 */
export async function initPool(
  request: InitPoolRequest,
  exec: Exec,
): Promise<{ source: string; mountPoint: string; mountedBy: string; mounted: boolean }> {
  const { target, sizeBytes, mountPoint, force, mountBy, mountNow, prefix, signal } = request;
  if (mountNow) {
    await refuseMountPoint(mountPoint, exec);
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
  mounting: Mounting,
  undo: () => Promise<void>,
  { isNew }: PoolSource,
): Promise<void> {
  try {
    await mountPool(mounting);
  } catch (error) {
    await forgetMount(mounting, undo);
    if (!(error instanceof ExecError)) {
      throw error;
    }
    const { source, mountPoint } = mounting.entry;
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
    throw storageError('POOL_TARGET_REFUSED', `${target} takes no XFS: ${error.stderrTail.trim()}`, {
      details: { path: target },
      cause: error,
    });
  }
}
