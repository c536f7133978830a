import { formatDuration } from '../text/durations.js';
import { coreError } from './core-errors.js';
import type { RpcError } from './rpc-error.js';

/** Who set a time limit. */
const owners = { method: 'of the method', client: 'of its client', call: 'of its caller' };

/**
 * Makes the error of a call whose time limit has passed.
 *
 * @param what the call, such as `storage.provision`
 * @param limitOf who set the limit
 */
export function deadlinePassed(
  what: string,
  timeoutMs: number,
  limitOf: keyof typeof owners,
  callId?: string,
): RpcError {
  const limit = Math.ceil(timeoutMs);
  const message = `${what} did not finish within ${formatDuration(limit)}, the time limit ${owners[limitOf]}; timeoutMs of the call sets another`;
  return coreError('DEADLINE_PASSED', message, { callId, details: { timeoutMs: limit, limitOf } });
}
