import { isRpcError, type RpcError } from '../../src/index.js';

/** Gives the RpcError that a promise rejects with; anything else fails the test. */
export async function rejectionOf(promise: PromiseLike<unknown>): Promise<RpcError> {
  try {
    await promise;
  } catch (error) {
    if (isRpcError(error)) {
      return error;
    }
    throw new Error('rejected with another error than an RpcError', { cause: error });
  }
  throw new Error('it did not reject');
}
