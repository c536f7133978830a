import { coreError, RpcError } from '@patchbay/objects';

import { messageOf } from '../protocol/json-copy.js';

/** Returns an `RpcError` as it is; anything else, which went wrong on this side, as the cause of an `UNEXPECTED`. */
export function callerError(error: unknown): RpcError {
  return error instanceof RpcError
    ? error
    : coreError('UNEXPECTED', `the call failed in this client: ${messageOf(error)}`, { cause: error });
}
