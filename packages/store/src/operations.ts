import { quoted } from '@patchbay/objects';

import { storeError } from './errors.js';
import { checkKey } from './keys.js';
import type { Compare, Operation, StoreLimits } from './store.js';

/**
 * Checks a commit before anything of it is tried.
 *
 * @throws RpcError `KEY_INVALID`, `KEY_REPEATED`, `VALUE_INVALID`, `COMMIT_TOO_LARGE`
 */
export function checkCommit(
  conditions: readonly Compare[],
  operations: readonly Operation[],
  limits: StoreLimits,
): void {
  checkLimit('conditions', conditions.length, limits);
  checkLimit('operations', operations.length, limits);
  for (const condition of conditions) {
    if ('key' in condition) {
      checkKey(condition.key);
    }
  }
  const seen = new Set<string>();
  let bytes = 0;
  for (const operation of operations) {
    const key = 'put' in operation ? operation.put : operation.delete;
    checkKey(key);
    if (seen.has(key)) {
      throw storeError('KEY_REPEATED', `one commit writes the key ${quoted(key)} twice`, {
        details: { key },
      });
    }
    seen.add(key);
    if ('put' in operation && !operation.value.isWellFormed()) {
      throw storeError('VALUE_INVALID', `the value of key ${quoted(key)} holds half of a surrogate pair`);
    }
    bytes += Buffer.byteLength(key) + ('put' in operation ? Buffer.byteLength(operation.value) : 0);
  }
  checkLimit('bytes', bytes, limits);
}

function checkLimit(kind: keyof StoreLimits, count: number, limits: StoreLimits): void {
  const limit = limits[kind];
  if (count > limit) {
    throw storeError(
      'COMMIT_TOO_LARGE',
      `a commit of ${String(count)} ${kind} is too large; the store takes at most ${String(limit)} at once`,
      { details: { kind, count, limit } },
    );
  }
}
