import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { makeDirectory, quoted } from '@patchbay/objects';

import { undefinedIfMissing } from '../disks/file/pool-error.js';
import { storageError } from '../errors.js';

/** A mount that the machine makes at boot. Paths are absolute. */
export interface MountEntry {
  /** The device or file of the filesystem. */
  readonly source: string;
  readonly mountPoint: string;
  /** Whether the source is a file. */
  readonly isLoop: boolean;
}

/** An entry that was written to the machine's configuration. */
export interface WrittenEntry {
  /** The path of the unit, or of the fstab. */
  readonly path: string;
  /** Removes what was written, and keeps what was there before. */
  readonly undo: () => Promise<void>;
}

/** The units that start after the pool is mounted, and stop before it is unmounted. */
const users = ['patchbay-rpcserver.service', 'patchbay-tgtd.service'];

/** Returns the mount options of the filesystem. */
export function mountOptions({ isLoop }: MountEntry): string {
  return ['noatime', 'nodev', 'nosuid', 'noexec', ...(isLoop ? ['loop'] : [])].join(',');
}

/** Returns the name that systemd requires of the unit of a mount point. */
export function unitName(mountPoint: string): string {
  const path = mountPoint.replace(/\/+/g, '/').replace(/^\/|\/$/g, '');
  const escaped = [...Buffer.from(path)].map((byte, index) => {
    const character = String.fromCharCode(byte);
    if (character === '/') {
      return '-';
    }
    const isPlain = /[A-Za-z0-9:_]/.test(character) || (character === '.' && index > 0);
    return isPlain ? character : `\\x${byte.toString(16).padStart(2, '0')}`;
  });
  return `${escaped.join('')}.mount`;
}

/** Returns the text of the systemd unit of a mount. */
export function unitText(entry: MountEntry): string {
  return `[Unit]
Description=Pool of Patchbay's storage
Before=${users.join(' ')}

[Mount]
What=${entry.source.replaceAll('%', '%%')}
Where=${entry.mountPoint.replaceAll('%', '%%')}
Type=xfs
Options=${mountOptions(entry)}

[Install]
WantedBy=multi-user.target
`;
}

/** Returns the line of /etc/fstab of a mount. `nofail`: a machine with a broken pool still boots. */
export function fstabLine(entry: MountEntry): string {
  const fields = [entry.source, entry.mountPoint].map((path) =>
    path.replace(/[\\ \t]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`),
  );
  // With `nofail` only the units named here wait for the mount.
  const before = users.map((unit) => `x-systemd.before=${unit}`);
  const options = [mountOptions(entry), 'nofail', ...before].join(',');
  return `${fields.join(' ')} xfs ${options} 0 0\n`;
}

/** Writes the systemd unit below a prefix; keeps an identical one. */
export async function writeUnit(entry: MountEntry, prefix: string): Promise<WrittenEntry> {
  const path = join(prefix, 'etc/systemd/system', unitName(entry.mountPoint));
  const present = await undefinedIfMissing(readFile(path, 'utf8'));
  if (present !== undefined && present !== unitText(entry)) {
    throw taken(path, entry.mountPoint);
  }
  await writeAtomically(path, unitText(entry));
  return { path, undo: () => (present === undefined ? rm(path, { force: true }) : Promise.resolve()) };
}

/** Adds the line to the fstab below a prefix; keeps an identical one. */
export async function addToFstab(entry: MountEntry, prefix: string): Promise<WrittenEntry> {
  const path = join(prefix, 'etc/fstab');
  const present = (await undefinedIfMissing(readFile(path, 'utf8'))) ?? '';
  const line = fstabLine(entry);
  const own = present
    .split('\n')
    .filter((each) => !each.startsWith('#') && each.split(/\s+/)[1] === line.split(' ')[1]);
  if (own.some((each) => `${each}\n` !== line)) {
    throw taken(path, entry.mountPoint);
  }
  if (own.length > 0) {
    return { path, undo: () => Promise.resolve() };
  }
  const separator = present === '' || present.endsWith('\n') ? '' : '\n';
  await writeAtomically(path, `${present}${separator}${line}`);
  return {
    path,
    undo: async () => {
      const text = (await undefinedIfMissing(readFile(path, 'utf8'))) ?? '';
      await writeAtomically(path, text.replace(line, ''));
    },
  };
}

function taken(path: string, mountPoint: string): Error {
  return storageError(
    'POOL_TARGET_REFUSED',
    `${path} already mounts another filesystem at ${quoted(mountPoint)}; edit it, or choose another --mount-point`,
    { details: { path, mountPoint } },
  );
}

/** Writes a file atomically, as the machine may need it to boot. */
async function writeAtomically(path: string, text: string): Promise<void> {
  makeDirectory(dirname(path));
  await writeFile(`${path}.patchbay`, text, { mode: 0o644, flush: true });
  await rename(`${path}.patchbay`, path);
}
