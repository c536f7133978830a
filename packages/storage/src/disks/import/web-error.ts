import { type Clock, isRpcError, type RpcError } from '@patchbay/objects';

import { storageError } from '../../errors.js';
import { errnoOf } from '../file/pool-error.js';
import { sourceRefused } from './source.js';
import type { WebResponse } from './web-request.js';

/** The delay before each retry, in milliseconds, unless the server asks for more. */
const retryDelaysMs = [1_000, 2_000, 4_000, 8_000, 15_000];
/** What a server may ask for at most, in milliseconds. */
const retryAfterAtMostMs = 300_000;

/** Returns the delay before a retry, or undefined if there is to be none. @param failures how many there were before */
export function retryDelayMs(error: unknown, failures: number): number | undefined {
  const delayMs = retryDelaysMs[failures];
  if (
    !isRpcError(error, 'SOURCE_UNAVAILABLE') ||
    delayMs === undefined ||
    errnoOf(error.cause) === 'ENOTFOUND'
  ) {
    return undefined;
  }
  const askedMs = Number(error.details.retryAfterMs ?? 0);
  return askedMs > retryAfterAtMostMs ? undefined : Math.max(delayMs, askedMs);
}

/** Returns how long a server asks to wait, in milliseconds, by its Retry-After: seconds, or a date. */
function retryAfterOf({ headers }: WebResponse, clock: Clock): number | undefined {
  const text = headers['retry-after'] ?? '';
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - clock.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

/** Creates the `SOURCE_UNAVAILABLE` of a URL. */
export function unavailable(
  url: URL,
  why: string,
  { cause, details = {} }: { readonly cause?: unknown; readonly details?: Record<string, number> } = {},
): RpcError {
  return storageError('SOURCE_UNAVAILABLE', `cannot download ${url.href}: ${why}; try again`, {
    cause,
    details,
  });
}

/** Creates the error of a response with a status that is none of success. */
export function statusError(url: URL, response: WebResponse, clock: Clock): RpcError {
  const { status } = response;
  if (status === 404 || status === 410) {
    return storageError('SOURCE_NOT_FOUND', `${url.href} does not exist (HTTP status ${String(status)})`);
  }
  const why = `the server responded with HTTP status ${String(status)}`;
  if (status < 500 && status !== 408 && status !== 429) {
    return sourceRefused(url.href, why);
  }
  const retryAfterMs = retryAfterOf(response, clock);
  return retryAfterMs === undefined
    ? unavailable(url, why)
    : unavailable(url, `${why}, and asks to wait ${String(Math.ceil(retryAfterMs / 1000))} s`, {
        details: { retryAfterMs },
      });
}

/** The error codes of connections and lookups that fail because of the network or the server. */
const brokenConnection = /^E(?:CONN|HOST|NET|PIPE|TIMEDOUT|AI_|PROTO)|^ERR_STREAM_PREMATURE_CLOSE$|^HPE_/;

/** Converts the errors of a request to ours; errors of the pool's files are left to the pool. */
export function asSourceError(error: unknown, url: URL): unknown {
  const code = errnoOf(error);
  if (code === undefined || isRpcError(error)) {
    return error;
  }
  if (code === 'ENOTFOUND') {
    return unavailable(url, 'its host has no address', { cause: error });
  }
  if (brokenConnection.test(code)) {
    return unavailable(url, (error as Error).message || code, { cause: error });
  }
  return /CERT|SSL|TLS|^Z_/.test(code) ? sourceRefused(url.href, (error as Error).message, error) : error;
}
