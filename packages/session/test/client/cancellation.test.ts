import { expect } from 'chai';

import { coreError, isRpcError } from '@patchbay/objects';
import { refusal } from '@patchbay/objects/testing';

import type { ObjectClient } from '../../src/client/index.js';
import { connectInMemory } from '../../src/memory/index.js';
import { makeSample, type Sample } from '../../src/testing/sample.js';

const left = new Error('the user left');

type Abort = readonly [
  code: string,
  reason: string,
  abort: () => AbortSignal,
  cause: (cause: unknown) => boolean,
];

const rows: Readonly<Record<string, Abort>> = {
  'a signal with a reason': ['CANCELLED', 'CALL_CANCELLED', () => later(left), (cause) => cause === left],
  'a signal whose reason is no error': [
    'CANCELLED',
    'CALL_CANCELLED',
    () => later('bye'),
    (cause) => cause === 'bye',
  ],
  'a signal without a reason': [
    'CANCELLED',
    'CALL_CANCELLED',
    () => later(undefined),
    (cause) => (cause as Error).name === 'AbortError',
  ],
  'a signal that has aborted': [
    'CANCELLED',
    'CALL_CANCELLED',
    () => AbortSignal.abort(left),
    (cause) => cause === left,
  ],
  'a signal with a time limit': [
    'DEADLINE_EXCEEDED',
    'DEADLINE_PASSED',
    () => AbortSignal.timeout(5),
    (cause) => (cause as Error).name === 'TimeoutError',
  ],
  'a signal with a time limit among several': [
    'DEADLINE_EXCEEDED',
    'DEADLINE_PASSED',
    () => AbortSignal.any([AbortSignal.timeout(5), new AbortController().signal]),
    (cause) => (cause as Error).name === 'TimeoutError',
  ],
  'the signal of a method whose own time limit passed': [
    'DEADLINE_EXCEEDED',
    'DEADLINE_PASSED',
    () => later(coreError('DEADLINE_PASSED', 'outer.call did not finish in time')),
    (cause) => isRpcError(cause, 'DEADLINE_PASSED'),
  ],
};

/** Returns a signal that aborts in the next turn of the event loop. */
function later(reason: unknown): AbortSignal {
  const controller = new AbortController();
  setImmediate(() => {
    controller.abort(reason);
  });
  return controller.signal;
}

describe('a call that its caller gives up', () => {
  let client: ObjectClient;

  beforeEach(() => {
    client = connectInMemory({ sample: makeSample([], []) });
  });

  afterEach(async () => {
    await client.close();
  });

  for (const [what, [code, reason, abort, isCause]] of Object.entries(rows)) {
    it(`fails by ${what} with its reason as the cause`, async () => {
      const error = await refusal(client.proxy<Sample>('sample').with({ signal: abort() }).hang());
      expect(error).to.include({ code, reason });
      expect(error.callId).to.be.a('string');
      expect(isCause(error.cause), String(error.cause)).to.equal(true);
    });

    it(`fails in a batch by ${what} with its reason as the cause`, async () => {
      const batch = client.batch({ signal: abort() });
      void batch.proxy<Sample>('sample').hang();
      const [result] = await batch.run();
      expect(result?.status === 'rejected' && result.reason.code).to.equal(code);
      expect(result?.status === 'rejected' && isCause(result.reason.cause)).to.equal(true);
    });
  }

  it('fails with the reason that is given to cancel', async () => {
    const call = client.proxy<Sample>('sample').hang();
    call.cancel(left);
    const error = await refusal(call);
    expect(error.cause).to.equal(left);
    expect(error.message).to.equal('sample.hang was cancelled by its caller');
    const bare = client.proxy<Sample>('sample').hang();
    bare.cancel();
    expect(await refusal(bare)).not.to.have.property('cause');
  });
});
