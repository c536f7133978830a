import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { basename } from 'node:path';

import { quoted } from '@patchbay/objects';

import { errnoOf } from '../disks/file/pool-error.js';
import { storageError } from '../errors.js';
import { type Exec, ExecError } from '../exec.js';
import { type MountEntry, mountOptions } from './mount-entry.js';

/** How a new pool is mounted: as the machine will do it at its start, or by itself where that is another machine. */
export interface Mounting {
  readonly entry: MountEntry;
  /** What the machine mounts by: a unit of systemd, its fstab; or nothing that this machine knows of. */
  readonly by: { readonly unit: string } | 'fstab' | undefined;
  readonly exec: Exec;
}

/**
 * Refuses a mount point that has a mount, under which ours would be missing, and one with files, which ours would hide.
 * @throws RpcError `POOL_TARGET_REFUSED`
 */
export async function refuseMountPoint(mountPoint: string, exec: Exec): Promise<void> {
  const columns = ['--noheadings', '--output', 'SOURCE,FSTYPE'];
  // 1: there is none
  const { stdout } = await exec('findmnt', [...columns, '--mountpoint', mountPoint], { okExitCodes: [0, 1] });
  const mounted = stdout.trim().replace(/\s+/g, ' ');
  if (mounted !== '') {
    throw refused(mountPoint, `has a filesystem mounted (${mounted}); unmount it first`);
  }
  if (await holdsFiles(mountPoint)) {
    throw refused(mountPoint, 'holds files, which the mount would hide; stop what uses them, and move them');
  }
}

/** Mounts the pool. @throws ExecError with the words of what failed */
export async function mountPool({ entry, by, exec }: Mounting): Promise<void> {
  const { source, mountPoint } = entry;
  // What mounts has its own limit.
  const run = (...[file = '', ...args]: readonly string[]) => exec(file, args, { timeoutMs: 0 });
  await mkdir(mountPoint, { recursive: true, mode: 0o750 });
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
      throw error instanceof ExecError ? await withWordsOfMount(error, cursor, exec) : error;
    });
  }
}

/** Removes the unit or line of a mount that failed, and has systemd forget it as far as that can be had. */
export async function forgetMount({ by, exec }: Mounting, remove: () => Promise<void>): Promise<void> {
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

/** Gives the option by which journalctl shows what comes after what is there now. */
async function journalCursor(exec: Exec): Promise<readonly string[]> {
  const shown = await exec('journalctl', ['--lines=0', '--show-cursor']).catch(() => undefined);
  const cursor = /^-- cursor: (.+)$/m.exec(shown?.stdout ?? '')?.[1];
  return cursor === undefined ? [] : [`--after-cursor=${cursor}`];
}

/** Puts what `mount` has said since in the place of systemctl's words, which only tell where to look for it. */
async function withWordsOfMount(error: ExecError, since: readonly string[], exec: Exec): Promise<ExecError> {
  try {
    await exec('journalctl', ['--sync']);
    // Not `--identifier=mount`: together with a cursor journalctl 252 leaves out the first line that it matches.
    const { stdout } = await exec('journalctl', ['--quiet', '--output=cat', ...since]);
    const words = stdout.match(/^mount: .*$/gm)?.join('; ') ?? '';
    return words === '' ? error : new ExecError(error.file, error.exitCode, error.timedOut, words);
  } catch {
    return error;
  }
}

/** Says whether systemd is this machine's first process. */
export function systemdRuns(): boolean {
  return existsSync('/run/systemd/system');
}

async function holdsFiles(directory: string): Promise<boolean> {
  try {
    return (await readdir(directory)).length > 0;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') {
      return false;
    }
    throw error;
  }
}

function refused(mountPoint: string, why: string): Error {
  return storageError('POOL_TARGET_REFUSED', `${quoted(mountPoint)} ${why}, or give another --mount-point`, {
    details: { path: mountPoint },
  });
}
