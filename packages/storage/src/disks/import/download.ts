import { type Clock, isRpcError, type RpcError } from '@patchbay/objects';

import { storageError } from '../../errors.js';
import { errnoOf } from '../file/pool-error.js';
import { type DownloadPart, type Validator } from './download-part.js';
import { type Report } from './progress.js';
import { sourceRefused } from './source.js';
import { type WebPolicy } from './web-policy.js';
import { requestUrl, type WebAnswer } from './web-request.js';

/** What a download needs. */
export interface DownloadOptions {
  readonly clock: Clock;
  readonly policy: WebPolicy;
  /** How long the server may send nothing before the connection is given up, in milliseconds. */
  readonly stallTimeoutMs: number;
  /** Throws for a file that is larger than what is taken. */
  readonly assertSize: (sizeBytes: number) => void;
  /** Called with how much will come, before it is written. */
  readonly assertRoom: (neededBytes: number) => Promise<void>;
  readonly report: Report;
  readonly signal: AbortSignal;
}

/** How long to wait before each further try at a connection that broke, in milliseconds. */
const waitsMs = [1_000, 2_000, 4_000, 8_000, 15_000];

/**
 * Downloads a URL, and gives the SHA-256 of what came, hexadecimal. A download that has begun, and that the server
 * can go on with, is taken up again when its connection breaks, until several tries in a row brought nothing; then,
 * and when it is cancelled, what is there is kept for another one.
 * @throws RpcError `SOURCE_NOT_FOUND`, `SOURCE_REFUSED`, `SOURCE_UNAVAILABLE`; the signal's reason
 */
export async function download(url: URL, part: DownloadPart, options: DownloadOptions): Promise<string> {
  const { clock, signal } = options;
  signal.throwIfAborted();
  try {
    await part.readAgain(options.report, signal);
    for (let failures = 0; ;) {
      const before = part.doneBytes;
      try {
        await receive(url, part, options);
        return await part.finish();
      } catch (error) {
        failures = part.doneBytes > before ? 0 : failures;
        const waitMs = waitsMs[failures];
        if (
          !isRpcError(error, 'SOURCE_UNAVAILABLE') ||
          part.validator === undefined ||
          waitMs === undefined
        ) {
          throw error;
        }
        failures += 1;
        await clock.sleep(waitMs, { signal });
      }
    }
  } catch (error) {
    if (signal.aborted || isRpcError(error, 'SOURCE_UNAVAILABLE')) {
      await part.keep();
    }
    throw error;
  }
}

/** Receives what is still missing, on one connection. */
async function receive(url: URL, part: DownloadPart, options: DownloadOptions): Promise<void> {
  const { signal, report } = options;
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort(signal.reason);
  };
  signal.addEventListener('abort', abort, { once: true });
  const watchdog = abortWhenStalled(part, url, options, controller);
  try {
    const headers = part.validator === undefined ? {} : rangeHeaders(part, part.validator);
    const answer = await requestUrl(url, { policy: options.policy, headers, signal: controller.signal });
    try {
      const totalBytes = await begin(url, part, answer, options);
      report(part.doneBytes, totalBytes);
      for await (const chunk of answer.body as AsyncIterable<Buffer>) {
        options.assertSize(part.doneBytes + chunk.length);
        await part.write(chunk);
        report(part.doneBytes, totalBytes);
      }
      if (totalBytes !== undefined && part.doneBytes !== totalBytes) {
        throw unavailable(url, `it broke off after ${String(part.doneBytes)} of ${String(totalBytes)} bytes`);
      }
    } finally {
      answer.body.destroy();
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

/** Looks at how a server answers, and makes the file ready for what comes; gives how long it will be. */
async function begin(
  url: URL,
  part: DownloadPart,
  answer: WebAnswer,
  options: Pick<DownloadOptions, 'assertSize' | 'assertRoom'>,
): Promise<number | undefined> {
  const { status, headers } = answer;
  if (status === 206) {
    const totalBytes = part.validator?.totalBytes;
    const expected = `bytes ${String(part.doneBytes)}-${String((totalBytes ?? 0) - 1)}/${String(totalBytes)}`;
    if (headers['content-range'] !== expected || answer.isEncoded) {
      await part.restart(undefined); // what it goes on with is not what we have
      throw sourceRefused(url.href, 'the server answered with another part of it than it was asked for');
    }
    return await roomFor(totalBytes, part, options);
  }
  if (status !== 200) {
    throw statusError(url, status);
  }
  const totalBytes = lengthOf(answer);
  await part.restart(validatorOf(answer, totalBytes));
  return await roomFor(totalBytes, part, options);
}

async function roomFor(
  totalBytes: number | undefined,
  { doneBytes }: DownloadPart,
  { assertSize, assertRoom }: Pick<DownloadOptions, 'assertSize' | 'assertRoom'>,
): Promise<number | undefined> {
  if (totalBytes !== undefined) {
    assertSize(totalBytes);
    await assertRoom(totalBytes - doneBytes);
  }
  return totalBytes;
}

/** Gives what an answer's content is known by: only what RFC 9110 (8.8.1, 13.1.5) takes for a strong validator. */
function validatorOf({ headers }: WebAnswer, totalBytes: number | undefined): Validator | undefined {
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
      // The connection has ended, well or not; its own result says how.
      return;
    }
  }
  controller.abort(unavailable(url, `it sent nothing for ${String(stallTimeoutMs / 1000)} s`));
}

function lengthOf({ headers, isEncoded }: WebAnswer): number | undefined {
  const text = headers['content-length'];
  return text === undefined || isEncoded ? undefined : Number(text);
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

/** What a connection, or looking a name up, fails with when the network or the server is at fault. */
const brokenConnection = /^E(?:CONN|HOST|NET|PIPE|TIMEDOUT|AI_|PROTO)|^ERR_STREAM_PREMATURE_CLOSE$|^HPE_/;

/** Turns what a request throws into our errors; errors of the pool's files are left to the pool. */
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
