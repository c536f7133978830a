import { coreError } from './core-errors.js';
import { RpcError } from './rpc-error.js';

/** Gives an `RpcError` as it is; anything else becomes `UNEXPECTED`, with the original as its cause. */
export function toRpcError(error: unknown): RpcError {
  return error instanceof RpcError
    ? error
    : coreError('UNEXPECTED', 'something failed unexpectedly; the log tells more', { cause: error });
}
