import { isRpcError, type RpcError } from '../errors/rpc-error.js';

/** Returns the `RpcError` that a promise rejects with. Throws if it fulfils or rejects with another error or reason. */
export async function refusal(promise: Promise<unknown>, reason?: string): Promise<RpcError> {
  try {
    await promise;
  } catch (error) {
    if (isRpcError(error) && (reason === undefined || error.reason === reason)) {
      return error;
    }
    throw error;
  }
  throw new Error(`it was not refused${reason === undefined ? '' : ` with ${reason}`}`);
}

/** Returns the `RpcError` that a function throws. Throws if it throws nothing or another error. */
export function refusalOf(act: () => unknown): RpcError {
  try {
    act();
  } catch (error) {
    if (isRpcError(error)) {
      return error;
    }
    throw error;
  }
  throw new Error('it was not refused');
}
