import { type Clock, isRpcError, type RpcError } from '@patchbay/objects';

import { storageError } from '../../errors.js';
import { errnoOf } from '../file/pool-error.js';
import type { DownloadPart, Validator } from './download-part.js';
import type { ReportProgress } from './progress.js';
import { sourceRefused } from './source.js';
import type { WebPolicy } from './web-policy.js';
import { requestUrl, type WebResponse } from './web-request.js';

/** What a download needs. */
export interface DownloadOptions {
  readonly clock: Clock;
  readonly policy: WebPolicy;
  /** How long the server may send nothing until the connection is aborted, in milliseconds. */
  readonly stallTimeoutMs: number;
  /** Throws for a file that is larger than the limit. */
  readonly assertSize: (sizeBytes: number) => void;
  /** Called with the number of bytes to receive, before any are written. */
  readonly makeRoom: (neededBytes: number) => Promise<void>;
  readonly report: ReportProgress;
  readonly signal: AbortSignal;
}

/** What was received of a source. */
export interface Received {
  /** The SHA-256 of all of its bytes, hexadecimal. */
  readonly sha256: string;
  /** False where nothing tells its end from a connection that broke. */
  readonly hasMarkedEnd: boolean;
}

/** The delay before each retry after a broken connection, in milliseconds. */
const retryDelaysMs = [1_000, 2_000, 4_000, 8_000, 15_000];

/**
 * Downloads a URL, and returns the SHA-256 of its content. If the connection breaks and the server supports
 * resuming, the download is resumed, until several retries in a row made no progress; then, and when it is cancelled,
 * the part is kept for a later download.
 * @throws RpcError `SOURCE_NOT_FOUND`, `SOURCE_REFUSED`, `SOURCE_UNAVAILABLE`; the signal's reason
 */
export async function download(url: URL, part: DownloadPart, options: DownloadOptions): Promise<Received> {
  const { clock, signal } = options;
  signal.throwIfAborted();
  try {
    await part.rehash(options.report, signal);
    for (let failures = 0; ;) {
      const before = part.doneBytes;
      try {
        const hasMarkedEnd = await receive(url, part, options);
        return { sha256: await part.finish(), hasMarkedEnd };
      } catch (error) {
        failures = part.doneBytes > before ? 0 : failures;
        const delayMs = retryDelaysMs[failures];
        const isResumable = part.validator !== undefined && isRpcError(error, 'SOURCE_UNAVAILABLE');
        if (!isResumable || delayMs === undefined) {
          throw error;
        }
        failures += 1;
        await clock.sleep(delayMs, { signal });
      }
    }
  } catch (error) {
    if (signal.aborted || isRpcError(error, 'SOURCE_UNAVAILABLE')) {
      await part.keep();
    }
    throw error;
  }
}

/** Receives the missing bytes over one connection, and reports whether their end was marked. */
async function receive(url: URL, part: DownloadPart, options: DownloadOptions): Promise<boolean> {
  const { signal, report } = options;
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort(signal.reason);
  };
  signal.addEventListener('abort', abort, { once: true });
  const watchdog = abortWhenStalled(part, url, options, controller);
  try {
    const headers = part.validator === undefined ? {} : rangeHeaders(part, part.validator);
    const response = await requestUrl(url, { policy: options.policy, headers, signal: controller.signal });
    try {
      const totalBytes = await acceptResponse(url, part, response, options);
      report(part.doneBytes, totalBytes);
      for await (const chunk of response.body as AsyncIterable<Buffer>) {
        options.assertSize(part.doneBytes + chunk.length);
        await part.write(chunk);
        report(part.doneBytes, totalBytes);
      }
      if (totalBytes !== undefined && part.doneBytes !== totalBytes) {
        const bytes = `${String(part.doneBytes)} of ${String(totalBytes)} bytes`;
        throw unavailable(url, `the connection was closed after ${bytes}`);
      }
      return response.hasMarkedEnd;
    } finally {
      response.body.destroy();
    }
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

function rangeHeaders({ doneBytes }: DownloadPart, { text }: Validator): Record<string, string> {
  return doneBytes === 0 ? {} : { range: `bytes=${String(doneBytes)}-`, 'if-range': text };
}

/** Checks the status of a response, prepares the file for its body, and returns the total length of the content. */
async function acceptResponse(
  url: URL,
  part: DownloadPart,
  response: WebResponse,
  options: Pick<DownloadOptions, 'assertSize' | 'makeRoom'>,
): Promise<number | undefined> {
  const { status, headers } = response;
  let totalBytes: number | undefined;
  if (status === 206) {
    totalBytes = part.validator?.totalBytes;
    const expected = `bytes ${String(part.doneBytes)}-${String((totalBytes ?? 0) - 1)}/${String(totalBytes)}`;
    if (headers['content-range'] !== expected || response.isEncoded) {
      await part.restart(undefined); // it does not continue what we have
      throw sourceRefused(url.href, 'the server returned a different range than was requested');
    }
  } else if (status === 200) {
    totalBytes = lengthOf(response);
    await part.restart(validatorOf(response, totalBytes));
  } else {
    throw statusError(url, status);
  }
  if (totalBytes !== undefined) {
    options.assertSize(totalBytes);
    await options.makeRoom(totalBytes - part.doneBytes);
  }
  return totalBytes;
}

/** Returns the validator of a response: only one that is strong by RFC 9110 (8.8.1, 13.1.5). */
function validatorOf({ headers }: WebResponse, totalBytes: number | undefined): Validator | undefined {
  const { etag, 'last-modified': modified, date } = headers;
  const isOld = Date.parse(date ?? '') - Date.parse(modified ?? '') >= 1000;
  const text = etag?.startsWith('"') === true ? etag : isOld ? modified : undefined;
  return text === undefined || totalBytes === undefined ? undefined : { text, totalBytes };
}

async function abortWhenStalled(
  part: DownloadPart,
  url: URL,
  { clock, stallTimeoutMs }: DownloadOptions,
  controller: AbortController,
): Promise<void> {
  for (let seen = -1; seen !== part.doneBytes;) {
    seen = part.doneBytes;
    try {
      await clock.sleep(stallTimeoutMs, { signal: controller.signal });
    } catch {
      // The transfer has ended; its own result tells whether it succeeded.
      return;
    }
  }
  controller.abort(unavailable(url, `it sent nothing for ${String(stallTimeoutMs / 1000)} s`));
}

function lengthOf({ headers, isEncoded }: WebResponse): number | undefined {
  const text = headers['content-length'];
  return text === undefined || isEncoded ? undefined : Number(text);
}

function unavailable(url: URL, why: string, cause?: unknown): RpcError {
  return storageError('SOURCE_UNAVAILABLE', `cannot download ${url.href}: ${why}; try again`, { cause });
}

function statusError(url: URL, status: number): RpcError {
  if (status === 404 || status === 410) {
    return storageError('SOURCE_NOT_FOUND', `${url.href} does not exist (HTTP status ${String(status)})`);
  }
  return status >= 500 || status === 408 || status === 429
    ? unavailable(url, `the server responded with HTTP status ${String(status)}`)
    : sourceRefused(url.href, `the server responded with HTTP status ${String(status)}`);
}

/** The error codes of connections and lookups that fail because of the network or the server. */
const brokenConnection = /^E(?:CONN|HOST|NET|PIPE|TIMEDOUT|AI_|PROTO)|^ERR_STREAM_PREMATURE_CLOSE$|^HPE_/;

/** Converts the errors of a request to ours; errors of the pool's files are left to the pool. */
function asSourceError(error: unknown, url: URL): unknown {
  const code = errnoOf(error);
  if (code === undefined || isRpcError(error)) {
    return error;
  }
  if (code === 'ENOTFOUND') {
    return unavailable(url, 'its host has no address', error);
  }
  if (brokenConnection.test(code)) {
    return unavailable(url, (error as Error).message || code, error);
  }
  return /CERT|SSL|TLS|^Z_/.test(code) ? sourceRefused(url.href, (error as Error).message, error) : error;
}
