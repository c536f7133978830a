import { expect } from 'chai';

import { isRpcError, RpcError } from '../../src/index.js';

/** Gives the RpcError that a function throws; anything else fails the test. */
export function refusalOf(act: () => unknown): RpcError {
  let refusal: unknown;
  try {
    act();
  } catch (error) {
    refusal = error;
  }
  if (!isRpcError(refusal)) {
    expect(refusal).to.be.instanceOf(RpcError);
    throw new Error('unreachable');
  }
  return refusal;
}
