import { expect } from 'chai';
import { inspect } from 'node:util';

import { isRpcError, RpcError, withAwaitingFrames } from '../../src/errors/rpc-error.js';

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

describe('RpcError', () => {
  it('is printed without undefined fields and symbols', () => {
    const text = inspect(new RpcError('NOT_FOUND', 'IMAGE_NOT_FOUND', 'no image "ubuntu"'));
    expect(text).to.match(/^RpcError: no image "ubuntu"\n/);
    expect(text).to.match(/\{\s+code: 'NOT_FOUND',\s+reason: 'IMAGE_NOT_FOUND',\s+details: \{\}\s+\}$/);
  });

  it('is printed with its call id, its cause and the remote stack', () => {
    const text = inspect(
      new RpcError('ABORTED', 'BUSY', 'wait', {
        callId: 'c-1',
        remoteStack: 'at server',
        cause: new Error('disk full'),
      }),
    );
    expect(text).to.include("callId: 'c-1'").and.include("remoteStack: 'at server'");
    expect(text).to.match(/\[cause\]: Error: disk full/);
  });

  it('keeps its cause, and has none where none was given', () => {
    const cause = new Error('disk full');
    expect(new RpcError('ABORTED', 'BUSY', 'wait', { cause }).cause).to.equal(cause);
    expect('cause' in new RpcError('ABORTED', 'BUSY', 'wait')).to.be.false;
  });
});

describe('withAwaitingFrames', () => {
  /** Rejects from an event loop callback, as answers from a socket do, where no stack leads to the caller. */
  function rejected(error: RpcError): Promise<never> {
    return new Promise<never>((_resolve, reject) => {
      setImmediate(() => {
        reject(error);
      });
    }).then(undefined, (failure: unknown) => {
      throw withAwaitingFrames(failure as RpcError);
    });
  }

  async function provisionEverything(act: () => Promise<unknown>): Promise<RpcError> {
    try {
      await act();
    } catch (error) {
      return error as RpcError;
    }
    throw new Error('it did not fail');
  }

  const error = new RpcError('ABORTED', 'BUSY', 'wait', {
    details: { node: 'node7' },
    callId: 'c-1',
    cause: new Error('disk full'),
  });

  it('ends the stack with the frames of the caller', async () => {
    const caught = await provisionEverything(async () => {
      await rejected(error);
    });
    const lines = caught.stack?.split('\n') ?? [];
    expect(lines[0]).to.equal('RpcError: wait');
    expect(lines.filter((line) => line.includes('at async provisionEverything'))).to.have.length(1);
    expect(caught.stack?.startsWith(error.stack ?? 'x')).to.be.true;
  });

  it('leaves the error unchanged, as other calls may fail with it too', async () => {
    const before = error.stack;
    const [one, other] = await Promise.all(
      [1, 2].map(() => provisionEverything(async () => rejected(error))),
    );
    expect(error.stack).to.equal(before);
    expect(one).to.not.equal(other);
    expect(one).to.deep.include({ code: 'ABORTED', reason: 'BUSY', message: 'wait', callId: 'c-1' });
    expect(one?.details).to.equal(error.details);
    expect(one?.cause).to.equal(error.cause);
  });

  it('returns the error itself if no async function awaits it', async () => {
    const caught = await new Promise((resolve) => {
      rejected(error).catch(resolve);
    });
    expect(caught).to.equal(error);
  });
});
