import { isRpcError, type RpcError } from '../errors/rpc-error.js';

/** Gives the error of ours that a promise rejects with; one that fulfils, or rejects with another, throws. */
export async function refusal(promise: Promise<unknown>): Promise<RpcError> {
  try {
    await promise;
  } catch (error) {
    if (isRpcError(error)) {
      return error;
    }
    throw error;
  }
  throw new Error('it was not refused');
}
