import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename } from 'node:path';

import { storageError } from '../errors.js';
import { type Exec, ExecError } from '../exec.js';
import { addToFstab, type MountEntry, mountOptions, writeUnit } from './mount-entry.js';
import { preparePoolSource } from './pool-source.js';

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
}

/**
 * Makes an XFS with reflinks, and has the machine mount it. What fails leaves no file behind.
 * @throws RpcError `POOL_TARGET_REFUSED`, `TOOL_MISSING`
 */
export async function initPool(
  request: InitPoolRequest,
  exec: Exec,
): Promise<{ source: string; mountPoint: string; mountedBy: string; mounted: boolean }> {
  const { target, sizeBytes, mountPoint, force, mountBy, mountNow, prefix } = request;
  const source = await preparePoolSource(target, { sizeBytes, force, exec });
  const entry: MountEntry = { source: source.path, mountPoint, isLoop: source.isLoop };
  let mountedBy: string;
  try {
    await makeFilesystem(target, force, exec);
    mountedBy = mountBy === 'systemd' ? await writeUnit(entry, prefix) : await addToFstab(entry, prefix);
  } catch (error) {
    await source.undo();
    throw error;
  }
  if (mountNow) {
    await mountPool(entry, mountBy === 'systemd' && prefix === '/' ? mountedBy : undefined, exec);
  }
  return { source: source.path, mountPoint, mountedBy, mounted: mountNow };
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

/** Mounts the pool as the machine will, where systemd runs and has the unit. */
async function mountPool(entry: MountEntry, unit: string | undefined, exec: Exec): Promise<void> {
  await mkdir(entry.mountPoint, { recursive: true, mode: 0o750 });
  if (unit !== undefined && existsSync('/run/systemd/system')) {
    await exec('systemctl', ['daemon-reload']);
    await exec('systemctl', ['enable', '--now', basename(unit)]);
  } else {
    await exec('mount', ['-t', 'xfs', '-o', mountOptions(entry), entry.source, entry.mountPoint]);
  }
}
