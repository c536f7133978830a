import { createHash } from 'node:crypto';
import { link, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

import { asStoreError } from './as-store-error.js';
import { storeError } from './errors.js';
import type { Operation, Store } from './store.js';

/** The version of the format; it stands in a backup's first line. */
const formatVersion = 1;

/** How many entries one commit of a restore writes, and how many bytes of them at the most. */
const restoredTogether = { entries: 100, bytes: 500_000 };

/** The content of a backup. */
export interface Backup {
  /** The revision of the store that it is of. */
  readonly revision: number;
  /** What its first line says beside that, such as which key opens what is sealed. */
  readonly about: Readonly<Record<string, string>>;
  readonly entries: readonly (readonly [key: string, value: string])[];
}

/**
 * Returns the entries of a store at one revision as text: a line with the format's version, the revision and `about`, a
 * line `["KEY","VALUE"]` for each entry, and a line with their number and the SHA-256 of all lines before. Keys of leases
 * are left out: they come back with those who hold them.
 */
export async function formatBackup(
  store: Pick<Store, 'range'>,
  about: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { entries, revision } = await store.range({ prefix: '' });
  const kept = entries.filter(({ leaseId }) => leaseId === undefined);
  const lines = [
    { ...about, backup: formatVersion, revision },
    ...kept.map(({ key, value }) => [key, value]),
  ];
  const body = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  const end = { entries: kept.length, sha256: sha256(body) };
  return `${body}${JSON.stringify(end)}\n`;
}

/**
 * Writes a backup of a store to a new file, for its owner alone. It is there whole and durable, or not at all.
 *
 * @throws RpcError `BACKUP_EXISTS`, `STORE_FULL`, `STORE_READ_ONLY`, `STORE_FAILED`
 */
export async function writeBackup(store: Pick<Store, 'range'>, path: string): Promise<void> {
  await write(await formatBackup(store), path);
}

/**
 * Writes a backup as `formatBackup` returned it to a new file, for its owner alone. It is there whole and durable, or not
 * at all.
 *
 * @throws RpcError `BACKUP_DAMAGED` for what is not whole, `BACKUP_EXISTS`, `STORE_FULL`, `STORE_READ_ONLY`, `STORE_FAILED`
 */
export async function writeBackupText(text: string, path: string): Promise<Backup> {
  const backup = parseWhole(text, path);
  await write(text, path);
  return backup;
}

async function write(text: string, path: string): Promise<void> {
  try {
    await createFile(path, text);
  } catch (error) {
    throw asStoreError(error, path);
  }
}

/** Reads a backup and checks that it is whole. @throws RpcError `BACKUP_DAMAGED`, `STORE_VERSION_NEWER`, `STORE_FAILED` */
export async function readBackup(path: string): Promise<Backup> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw asStoreError(error, path);
  }
  return parseWhole(text, path);
}

/** Writes a backup's entries, under new revisions, into a store. It should be empty: a failure leaves part of them. */
export async function restoreBackup({ entries }: Backup, store: Pick<Store, 'commit'>): Promise<void> {
  let operations: Operation[] = [];
  let bytes = 0;
  const commits: Promise<unknown>[] = [];
  const flush = (): void => {
    commits.push(store.commit([], operations));
    operations = [];
    bytes = 0;
  };
  for (const [key, value] of entries) {
    const added = Buffer.byteLength(key) + Buffer.byteLength(value);
    if (operations.length === restoredTogether.entries || bytes + added > restoredTogether.bytes) {
      flush();
    }
    operations.push({ put: key, value });
    bytes += added;
  }
  if (operations.length > 0) {
    flush();
  }
  await Promise.all(commits);
}

function parseWhole(text: string, path: string): Backup {
  try {
    return parse(text, path);
  } catch (error) {
    throw error instanceof SyntaxError || error instanceof TypeError ? damaged(path, error) : error;
  }
}

function parse(text: string, path: string): Backup {
  const endsAt = text.lastIndexOf('\n', text.length - 2) + 1;
  const body = text.slice(0, endsAt);
  const [first = '', ...lines] = body.split('\n').slice(0, -1);
  const header = JSON.parse(first) as Readonly<Record<string, unknown>>;
  const { backup: version, revision, ...others } = header;
  if (typeof version !== 'number' || typeof revision !== 'number') {
    throw damaged(path);
  }
  if (version > formatVersion) {
    throw storeError(
      'STORE_VERSION_NEWER',
      `${path} has version ${String(version)}, this program knows ${String(formatVersion)}; install the newer program`,
      { details: { file: path, version, knownVersion: formatVersion } },
    );
  }
  const end = JSON.parse(text.slice(endsAt)) as { readonly entries?: unknown; readonly sha256?: unknown };
  if (end.entries !== lines.length || end.sha256 !== sha256(body)) {
    throw damaged(path);
  }
  const about = Object.fromEntries(
    Object.entries(others).filter((each): each is [string, string] => typeof each[1] === 'string'),
  );
  return { revision, about, entries: lines.map((line) => JSON.parse(line) as [string, string]) };
}

async function createFile(path: string, content: string): Promise<void> {
  const draft = `${path}.part`;
  const file = await open(draft, 'wx', 0o600).catch((error: unknown) => {
    throw asExists(error, draft);
  });
  try {
    await file.writeFile(content);
    await file.sync();
    // Unlike a rename, a link never replaces an older backup.
    await link(draft, path).catch((error: unknown) => {
      throw asExists(error, path);
    });
  } finally {
    await file.close();
    await rm(draft, { force: true });
  }
  await using directory = await open(dirname(path), 'r');
  await directory.sync();
}

function asExists(error: unknown, path: string): unknown {
  return (error as NodeJS.ErrnoException).code === 'EEXIST'
    ? storeError('BACKUP_EXISTS', `${path} is there already; give another name, or remove it first`, {
        details: { path },
        cause: error,
      })
    : error;
}

function damaged(path: string, cause?: unknown): Error {
  return storeError('BACKUP_DAMAGED', `${path} is not a backup of a store, or not whole; use another one`, {
    details: { path },
    cause,
  });
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
