import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';

import { makeDirectory, quoted } from '@patchbay/objects';

import { undefinedIfMissing } from '../disks/file/pool-error.js';
import { storageError } from '../errors.js';
import { type Exec, ExecError } from '../exec.js';
import { type MountEntry, mountOptions } from './mount-entry.js';

/** How to mount a new pool: as at boot, or directly if the entry was written for another machine. */
export interface MountRequest {
  readonly entry: MountEntry;
  /** What mounts it at boot: a systemd unit or the fstab; undefined: nothing on this machine. */
  readonly by: { readonly unit: string } | 'fstab' | undefined;
  readonly exec: Exec;
}

/** Asserts that a mount point has no mount and no files, which a mount would hide. @throws RpcError `POOL_TARGET_REFUSED` */
export async function assertFreeMountPoint(mountPoint: string, exec: Exec): Promise<void> {
  const columns = ['--noheadings', '--output', 'SOURCE,FSTYPE'];
  // 1: nothing is mounted
  const { stdout } = await exec('findmnt', [...columns, '--mountpoint', mountPoint], { okExitCodes: [0, 1] });
  const mounted = stdout.trim().replace(/\s+/g, ' ');
  if (mounted !== '') {
    throw refused(mountPoint, `has a filesystem mounted (${mounted}); unmount it first`);
  }
  const files = (await undefinedIfMissing(readdir(mountPoint))) ?? [];
  if (files.length > 0) {
    const why = 'holds files, which the mount would hide; stop the programs that use them, and move them';
    throw refused(mountPoint, why);
  }
}

/** Mounts the pool. @throws ExecError with the error output of what failed */
export async function mountPool({ entry, by, exec }: MountRequest): Promise<void> {
  const { source, mountPoint } = entry;
  // systemd and mount have their own timeouts.
  const run = (...[file = '', ...args]: readonly string[]) => exec(file, args, { timeoutMs: 0 });
  makeDirectory(mountPoint, 0o750);
  if (by !== undefined && systemdRuns()) {
    await run('systemctl', 'daemon-reload');
  }
  if (by === undefined || (by !== 'fstab' && !systemdRuns())) {
    await run('mount', '-t', 'xfs', '-o', mountOptions(entry), source, mountPoint);
  } else if (by === 'fstab') {
    await run('mount', mountPoint);
  } else {
    const unit = basename(by.unit);
    const cursor = await journalCursor(exec);
    await run('systemctl', 'enable', unit);
    await run('systemctl', 'start', unit).catch(async (error: unknown) => {
      throw error instanceof ExecError ? await withMountOutput(error, cursor, exec) : error;
    });
  }
}

/** Removes the unit or line of a failed mount, and has systemd forget it, as far as possible. */
export async function undoMount({ by, exec }: MountRequest, remove: () => Promise<void>): Promise<void> {
  const unit = typeof by === 'object' && systemdRuns() ? basename(by.unit) : undefined;
  if (unit !== undefined) {
    await exec('systemctl', ['disable', unit]).catch(() => undefined);
    await exec('systemctl', ['reset-failed', unit]).catch(() => undefined);
  }
  await remove();
  if (by !== undefined && systemdRuns()) {
    await exec('systemctl', ['daemon-reload']).catch(() => undefined);
  }
}

/** Returns the journalctl option that selects the entries after the current ones. */
async function journalCursor(exec: Exec): Promise<readonly string[]> {
  const shown = await exec('journalctl', ['--lines=0', '--show-cursor']).catch(() => undefined);
  const cursor = /^-- cursor: (.+)$/m.exec(shown?.stdout ?? '')?.[1];
  return cursor === undefined ? [] : [`--after-cursor=${cursor}`];
}

/** Replaces the output of systemctl, which only refers to the journal, with that of `mount` from the journal. */
async function withMountOutput(error: ExecError, since: readonly string[], exec: Exec): Promise<ExecError> {
  try {
    await exec('journalctl', ['--sync']);
    // Not `--identifier=mount`: together with a cursor journalctl 252 omits the first match.
    const { stdout } = await exec('journalctl', ['--quiet', '--output=cat', ...since]);
    const output = stdout.match(/^mount: .*$/gm)?.join('; ') ?? '';
    return output === '' ? error : new ExecError(error.file, error.exitCode, error.timedOut, output);
  } catch {
    return error;
  }
}

/** Reports whether systemd is the init system of this machine. */
export function systemdRuns(): boolean {
  return existsSync('/run/systemd/system');
}

function refused(mountPoint: string, why: string): Error {
  return storageError('POOL_TARGET_REFUSED', `${quoted(mountPoint)} ${why}, or give another --mount-point`, {
    details: { path: mountPoint },
  });
}
