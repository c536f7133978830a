import { quoted } from '@patchbay/objects';

import { storeError } from './errors.js';
import { checkKey, checkPrefix } from './keys.js';
import { type Compare, type Operation } from './store.js';

/** Gives the key that an operation writes. */
export function keyOf(operation: Operation): string {
  return 'put' in operation ? operation.put : operation.delete;
}

/** Checks the conditions of a commit. @throws RpcError `KEY_INVALID` */
export function checkConditions(conditions: readonly Compare[]): void {
  for (const condition of conditions) {
    if ('key' in condition) {
      checkKey(condition.key);
    } else {
      checkPrefix(condition.prefix);
    }
  }
}

/** Checks the operations of a commit. @throws RpcError `KEY_INVALID`, `KEY_REPEATED`, `VALUE_INVALID` */
export function checkOperations(operations: readonly Operation[]): void {
  const seen = new Set<string>();
  for (const operation of operations) {
    const key = keyOf(operation);
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
  }
}
