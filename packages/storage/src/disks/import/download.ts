import { type Clock, isRpcError } from '@patchbay/objects';

import type { DownloadPart, Validator } from './download-part.js';
import type { ReportProgress } from './progress.js';
import { sourceRefused } from './source.js';
import { asSourceError, retryDelayMs, statusError, unavailable } from './web-error.js';
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
  /** The SHA-256 of all of its bytes, hexadecimal; undefined if it was not needed and most of them are holes. */
  readonly sha256: string | undefined;
  /** False where nothing tells its end from a connection that broke. */
  readonly hasMarkedEnd: boolean;
}

const textAtMostBytes = 1024 * 1024;

/** Downloads a text of at most 1 MiB, with retries. @throws RpcError as `download` */
export async function downloadText(
  url: URL,
  options: Pick<DownloadOptions, 'clock' | 'policy' | 'stallTimeoutMs' | 'signal'>,
): Promise<string> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await receiveText(url, options);
    } catch (error) {
      const delayMs = retryDelayMs(error, failures);
      if (delayMs === undefined) {
        throw error;
      }
      await options.clock.sleep(delayMs, { signal: options.signal });
    }
  }
}

async function receiveText(
  url: URL,
  options: Pick<DownloadOptions, 'clock' | 'policy' | 'stallTimeoutMs' | 'signal'>,
): Promise<string> {
  const received: Buffer[] = [];
  const progress = { doneBytes: 0 };
  return connected(url, progress, options, async (signal) => {
    const response = await requestUrl(url, { policy: options.policy, headers: {}, signal });
    try {
      if (response.status !== 200) {
        throw statusError(url, response, options.clock);
      }
      for await (const chunk of response.body as AsyncIterable<Buffer>) {
        received.push(chunk);
        progress.doneBytes += chunk.length;
        if (progress.doneBytes > textAtMostBytes) {
          throw sourceRefused(url.href, 'as checksums: it is larger than 1 MiB');
        }
      }
      return Buffer.concat(received).toString();
    } finally {
      response.body.destroy();
    }
  });
}

/**
 * Downloads a URL, and returns the SHA-256 of its content unless that is mostly zeros and it is not needed. If the server is not available before the first byte, or the
 * connection breaks later and the server supports resuming, it is retried, until several retries in a row made no
 * progress; then, and when it is cancelled, the part is kept for a later download.
 * @throws RpcError `SOURCE_NOT_FOUND`, `SOURCE_REFUSED`, `SOURCE_UNAVAILABLE`; the signal's reason
 */
export async function download(url: URL, part: DownloadPart, options: DownloadOptions): Promise<Received> {
  const { clock, signal } = options;
  signal.throwIfAborted();
  try {
    await part.rehash(options.report, signal);
    for (let failures = 0; ;) {
      const before = part.doneBytes;
      const attempt = { isAccepted: false };
      try {
        const hasMarkedEnd = await receive(url, part, options, attempt);
        return { sha256: await part.finish(), hasMarkedEnd };
      } catch (error) {
        failures = part.doneBytes > before ? 0 : failures;
        const isResumable = part.validator !== undefined || !attempt.isAccepted;
        const delayMs = isResumable ? retryDelayMs(error, failures) : undefined;
        if (delayMs === undefined) {
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
async function receive(
  url: URL,
  part: DownloadPart,
  options: DownloadOptions,
  attempt: { isAccepted: boolean },
): Promise<boolean> {
  const { report, policy } = options;
  return connected(url, part, options, async (signal) => {
    const headers = part.validator === undefined ? {} : rangeHeaders(part, part.validator);
    const response = await requestUrl(url, { policy, headers, signal });
    try {
      const totalBytes = await acceptResponse(url, part, response, options);
      attempt.isAccepted = true;
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
  });
}

/** Runs work with one connection, which is aborted when it stalls, and converts its errors to ours. */
async function connected<T>(
  url: URL,
  progress: { readonly doneBytes: number },
  options: Pick<DownloadOptions, 'clock' | 'stallTimeoutMs' | 'signal'>,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { signal } = options;
  signal.throwIfAborted();
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort(signal.reason);
  };
  signal.addEventListener('abort', abort, { once: true });
  const watchdog = abortWhenStalled(progress, url, options, controller);
  try {
    return await work(controller.signal);
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
  options: Pick<DownloadOptions, 'assertSize' | 'makeRoom' | 'clock'>,
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
    throw statusError(url, response, options.clock);
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
  part: { readonly doneBytes: number },
  url: URL,
  { clock, stallTimeoutMs }: Pick<DownloadOptions, 'clock' | 'stallTimeoutMs'>,
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
