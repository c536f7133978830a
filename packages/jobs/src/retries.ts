import type { Code, JobOutcome } from '@patchbay/objects';

import type { JobRecord } from './records/tables.js';

/** The wait before the first retry, and the longest one, in milliseconds. */
const firstBackoffMs = 5_000;
const maxBackoffMs = 600_000;
/** By which part of its length a wait is longer or shorter, so that what failed together is not retried together. */
const spread = 0.2;

const retriedCodes: readonly Code[] = ['UNAVAILABLE', 'ABORTED', 'RESOURCE_EXHAUSTED'];
const retriedIfIdempotent: readonly Code[] = [...retriedCodes, 'DEADLINE_EXCEEDED'];

/** The code after which another attempt can only fail in the same way. */
export const neverRetried: Code = 'INVALID_ARGUMENT';

/** Reports whether a job's policy has a failed attempt followed by another. */
export function retriesAfter({ policy, failures, idempotent }: JobRecord, { code }: JobOutcome): boolean {
  const { retries = 0, retryOn = idempotent ? retriedIfIdempotent : retriedCodes } = policy;
  return failures < retries && code !== undefined && code !== neverRetried && retryOn.includes(code);
}

/** Returns how long to wait after a number of failures, in milliseconds: the same for the same attempt of a job. */
export function backoffOf({ id, attempt, policy }: JobRecord, failures: number): number {
  const { backoffMs: firstMs = firstBackoffMs } = policy;
  const waitMs = Math.min(firstMs * 2 ** (failures - 1), Math.max(firstMs, maxBackoffMs));
  return Math.round(waitMs * (1 + spread * (2 * fractionOf(`${id}/${String(attempt)}`) - 1)));
}

/** Returns a number from 0 to 1 that a text determines, evenly spread (FNV-1a). */
function fractionOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b); // the last characters of ids alone differ
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
