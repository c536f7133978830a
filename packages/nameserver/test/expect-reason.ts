import { isRpcError, type RpcError } from '@patchbay/core';
import { expect } from 'chai';

/** Expects a promise to reject with an RpcError of this reason, and gives the error. */
export async function expectReason(promise: Promise<unknown>, reason: string): Promise<RpcError> {
  let error: unknown;
  try {
    await promise;
  } catch (thrown) {
    error = thrown;
  }
  expect(error, `a rejection with ${reason}`).to.be.an('error');
  if (!isRpcError(error)) {
    throw error;
  }
  expect(error.reason).to.equal(reason);
  return error;
}
