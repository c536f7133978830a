import { coreError, isRpcError, RpcError } from '@patchbay/objects';

import { messageOf } from '../protocol/json-copy.js';

/** Returns an `RpcError` as it is; anything else, which went wrong on this side, as the cause of an `UNEXPECTED`. */
export function callerError(error: unknown): RpcError {
  return error instanceof RpcError
    ? error
    : coreError('UNEXPECTED', `the call failed in this client: ${messageOf(error)}`, { cause: error });
}

/** Reports whether a call of an object failed as there is none: the call that was to return it failed with `first`. */
export function isFailureOf(first: RpcError, error: RpcError): boolean {
  return isRpcError(error, first.reason, 'METHOD_NOT_FOUND', 'CALL_CANCELLED');
}
