import { expect } from 'chai';

import { isRpcError, RpcError } from '../../src/errors/rpc-error.js';

describe('isRpcError', () => {
  const error = new RpcError('NOT_FOUND', 'IMAGE_NOT_FOUND', 'no image "ubuntu"');

  it('knows its own errors, and the reasons that are asked for', () => {
    expect(isRpcError(error)).to.be.true;
    expect(isRpcError(error, 'NODE_NOT_FOUND', 'IMAGE_NOT_FOUND')).to.be.true;
    expect(isRpcError(error, 'NODE_NOT_FOUND')).to.be.false;
  });

  it('knows those of another copy of the module, which an object may have brought with it', async () => {
    const copy = new URL('../../src/errors/rpc-error.js?copy', import.meta.url).href;
    const { RpcError: Other } = (await import(copy)) as { RpcError: typeof RpcError };
    const foreign: unknown = new Other('ABORTED', 'OPERATION_PENDING', 'wait');

    expect(Other).to.not.equal(RpcError);
    expect(isRpcError(foreign, 'OPERATION_PENDING')).to.be.true;
    expect(foreign instanceof RpcError).to.be.true;
  });

  const others: [string, unknown][] = [
    ['another error', new Error('no')],
    ['an object that looks alike', { code: 'NOT_FOUND', reason: 'X' }],
    ['null', null],
    ['undefined', undefined],
    ['a text', 'RpcError'],
  ];
  for (const [name, other] of others) {
    it(`does not take ${name} for one`, () => {
      expect(isRpcError(other)).to.be.false;
    });
  }
});
