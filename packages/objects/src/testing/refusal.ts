import { isRpcError, type RpcError } from '../errors/rpc-error.js';

/**
 * Gives the error of ours that a promise rejects with. One that fulfils, rejects with another error, or for another
 * reason than the one expected, throws.
 */
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

/** Returns the RpcError that a function throws; one that does not throw, or throws another error, fails the test. */
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
