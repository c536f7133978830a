import { type FileHandle, open } from 'node:fs/promises';

import type { Clock } from '@patchbay/objects';

import type { PoolDirectory } from '../file/pool-directory.js';
import type { ImportProgress, Upload } from '../volume-pool.js';
import { download, type Received } from './download.js';
import { openDownloadPart } from './download-part.js';
import { hashFile } from './hash-file.js';
import type { ReportProgress } from './progress.js';
import type { Source } from './source.js';
import { openSourceFile } from './source-file.js';
import { receiveUpload } from './upload.js';
import type { WebPolicy } from './web-policy.js';

/** An open source; disposal closes it and removes what was fetched, unless a later download can resume it. */
export interface OpenSource extends AsyncDisposable {
  readonly phase: ImportProgress['phase'];
  readonly file: FileHandle;
  /** The path of the file, if it is a temporary file of ours in the pool: a raw one can become the image as it is. */
  readonly ownPath?: string;
  /** Fetches or reads the whole source. */
  readonly read: (report: ReportProgress, signal: AbortSignal) => Promise<Received>;
}

/** What opening a source needs. */
export interface OpenSourceOptions {
  readonly pool: PoolDirectory;
  readonly clock: Clock;
  readonly sourceDirectories: readonly string[];
  readonly policy: WebPolicy;
  readonly stallTimeoutMs?: number | undefined;
  /** Throws for a source that is larger than the limit. */
  readonly assertSize: (sizeBytes: number) => void;
  /** Whether to hash also what is mostly zeros. */
  readonly needsHash: boolean;
}

/** Opens the source of an import. @throws RpcError `SOURCE_NOT_FOUND`, `SOURCE_REFUSED`, what the pool throws */
export async function openSource(source: Source, options: OpenSourceOptions): Promise<OpenSource> {
  switch (source.kind) {
    case 'file':
      return openFile(source.path, options);
    case 'web':
      return openDownload(source.url, options);
    case 'upload':
      return openUpload(source.content, options);
    default:
      return source satisfies never;
  }
}

async function openFile(path: string, { sourceDirectories }: OpenSourceOptions): Promise<OpenSource> {
  const file = await openSourceFile(path, sourceDirectories);
  return {
    phase: 'read',
    file,
    read: async (report, signal) => ({ sha256: await hashFile(file, report, signal), hasMarkedEnd: true }),
    [Symbol.asyncDispose]: () => file.close(),
  };
}

async function openDownload(
  url: URL,
  { pool, clock, policy, assertSize, needsHash, stallTimeoutMs = 60_000 }: OpenSourceOptions,
): Promise<OpenSource> {
  const part = await pool.use(() => openDownloadPart(pool.temporaries, url, needsHash));
  const makeRoom = (neededBytes: number): Promise<void> => pool.makeRoom(neededBytes);
  const options = { clock, stallTimeoutMs, policy, assertSize, makeRoom };
  return {
    phase: 'download',
    file: part.file,
    ownPath: part.path,
    read: (report, signal) => pool.use(() => download(url, part, { ...options, report, signal })),
    [Symbol.asyncDispose]: () => part.close(),
  };
}

async function openUpload(
  content: Upload,
  { pool, assertSize, needsHash }: OpenSourceOptions,
): Promise<OpenSource> {
  const temporary = pool.temporaries.create();
  const file = await pool.use(() => open(temporary.path, 'wx+', 0o600));
  return {
    phase: 'upload',
    file,
    ownPath: temporary.path,
    read: (report, signal) =>
      pool.use(async () => {
        const sha256 = await receiveUpload(content, file, { needsHash, assertSize, report, signal });
        return { sha256, hasMarkedEnd: true };
      }),
    [Symbol.asyncDispose]: async () => {
      await file.close();
      await temporary[Symbol.asyncDispose]();
    },
  };
}
