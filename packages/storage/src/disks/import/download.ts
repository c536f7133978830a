import { createHash } from 'node:crypto';
import { type FileHandle } from 'node:fs/promises';

import { type Clock, isRpcError, type RpcError } from '@patchbay/core';

import { storageError } from '../../errors.js';
import { errnoOf } from '../file/pool-error.js';
import { type Report } from './progress.js';
import { sourceRefused } from './source.js';

/** What a download needs. */
export interface DownloadOptions {
  readonly clock: Clock;
  /** How long the server may send nothing before the download is given up, in milliseconds. */
  readonly stallTimeoutMs: number;
  /** Called with the length that the server tells, before anything is written. */
  readonly assertRoom: (neededBytes: number) => Promise<void>;
  readonly report: Report;
  readonly signal: AbortSignal;
}

/**
 * Downloads a URL into an open, empty file, following redirects to http and https only, and gives the SHA-256
 * of what came, hexadecimal.
 * @throws RpcError `SOURCE_NOT_FOUND`, `SOURCE_REFUSED`, `SOURCE_UNAVAILABLE`; the signal's reason
 */
export async function download(url: URL, file: FileHandle, options: DownloadOptions): Promise<string> {
  const { signal, clock, stallTimeoutMs } = options;
  signal.throwIfAborted();
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort(signal.reason);
  };
  signal.addEventListener('abort', abort, { once: true });
  const received = { bytes: 0 };
  const watchdog = abortWhenStalled(received, url, { clock, stallTimeoutMs, controller });
  try {
    return await receive(url, file, received, options, controller.signal);
  } catch (error) {
    signal.throwIfAborted();
    const reason: unknown = controller.signal.reason;
    throw isRpcError(reason) ? reason : asSourceError(error, url);
  } finally {
    signal.removeEventListener('abort', abort);
    controller.abort();
    await watchdog;
  }
}

async function receive(
  url: URL,
  file: FileHandle,
  received: { bytes: number },
  options: DownloadOptions,
  signal: AbortSignal,
): Promise<string> {
  // Any encoding would make the length, and perhaps the checksum, that of other bytes.
  const response = await fetch(url, { signal, headers: { 'accept-encoding': 'identity' } });
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw statusError(url, response.status);
  }
  const totalBytes = lengthOf(response);
  if (totalBytes !== undefined) {
    await options.assertRoom(totalBytes);
  }
  const hash = createHash('sha256');
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    hash.update(chunk);
    await file.writeFile(chunk);
    received.bytes += chunk.length;
    options.report(received.bytes, totalBytes);
  }
  if (totalBytes !== undefined && received.bytes !== totalBytes) {
    throw unavailable(url, `it broke off after ${String(received.bytes)} of ${String(totalBytes)} bytes`);
  }
  return hash.digest('hex');
}

async function abortWhenStalled(
  received: { readonly bytes: number },
  url: URL,
  options: { readonly clock: Clock; readonly stallTimeoutMs: number; readonly controller: AbortController },
): Promise<void> {
  const { clock, stallTimeoutMs, controller } = options;
  for (let seen = -1; seen !== received.bytes;) {
    seen = received.bytes;
    try {
      await clock.sleep(stallTimeoutMs, { signal: controller.signal });
    } catch {
      // The download has ended, well or not; its own result says how.
      return;
    }
  }
  controller.abort(unavailable(url, `it sent nothing for ${String(stallTimeoutMs / 1000)} s`));
}

function lengthOf(response: Response): number | undefined {
  const text = response.headers.get('content-length');
  return text === null || response.headers.has('content-encoding') ? undefined : Number(text);
}

function unavailable(url: URL, why: string, cause?: unknown): RpcError {
  return storageError('SOURCE_UNAVAILABLE', `cannot download ${url.href}: ${why}; try again`, { cause });
}

function statusError(url: URL, status: number): RpcError {
  if (status === 404 || status === 410) {
    return storageError('SOURCE_NOT_FOUND', `${url.href} is not there (HTTP status ${String(status)})`);
  }
  return status >= 500 || status === 408 || status === 429
    ? unavailable(url, `the server answered with HTTP status ${String(status)}`)
    : sourceRefused(url.href, `the server answered with HTTP status ${String(status)}`);
}

/** Turns what `fetch` throws into our errors; the reason stands in the error's cause. */
function asSourceError(error: unknown, url: URL): unknown {
  if (!(error instanceof TypeError)) {
    return error;
  }
  const cause = error.cause instanceof Error ? error.cause : error;
  // A broken connection has a code; a redirect to another protocol or one too many has none.
  return errnoOf(cause) === undefined
    ? sourceRefused(url.href, cause.message, error)
    : unavailable(url, cause.message || (errnoOf(cause) ?? ''), error);
}
