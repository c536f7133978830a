import type { Details, RpcError } from '@patchbay/objects';

import { storageError } from '../errors.js';

/** How many failures the message lists; the details list all. */
const shownFailures = 3;

/** One of several that failed. */
export interface Failure {
  readonly reason: string;
  readonly message: string;
}

/**
 * Makes the error of a method that did several things, of which some failed: a caller that looks no further than at
 * success must not take it for one.
 *
 * @param done - what was done, such as `provisioned 2 of 3 nodes`; it stays done
 * @param key - the field that names what failed
 * @param details - what a caller would have had as the result, with the failures as `failed`
 */
export function partlyFailed<Key extends string>(
  done: string,
  key: Key,
  details: Details & { readonly failed: readonly (Failure & Readonly<Record<Key, string>>)[] },
): RpcError {
  const { failed } = details;
  const shown = failed
    .slice(0, shownFailures)
    .map((each) => `${each[key]} failed with ${each.reason} (${each.message})`);
  const others = failed.length - shown.length;
  const rest = others === 0 ? '' : `, and ${String(others)} more failed; details.failed lists all`;
  return storageError('PARTLY_FAILED', `${done}: ${shown.join(', ')}${rest}`, { details });
}
