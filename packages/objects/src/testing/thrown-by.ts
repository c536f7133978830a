import { isRpcError, type RpcError } from '../errors/rpc-error.js';

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
