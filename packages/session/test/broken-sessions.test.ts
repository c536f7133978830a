import { expect } from 'chai';
import fc from 'fast-check';

import { isRpcError, type RpcError } from '@patchbay/objects';
import { FakeClock } from '@patchbay/objects/testing';

import { encodeFrames } from '../src/index.js';
import { ClientSession, defaultKeepalive, destination } from '../src/client/index.js';
import type { ServerSession } from '../src/server/index.js';
import { hostSample } from '../src/testing/sample.js';
import { anyFrame } from '../src/testing/any-frame.js';
import { clientHello, invokeFrame, ServerEnd } from './server-end.js';

type Hosted = ReturnType<typeof hostSample>;

const hello = encodeFrames(clientHello());

function echo(call: number): Buffer {
  return encodeFrames(invokeFrame(call, 'echo', [call]));
}

/** Passes messages to a session, and returns the error of the one that it refuses, which is always an RpcError. */
function refusalOfAny(session: ServerSession, messages: readonly Buffer[]): RpcError | undefined {
  for (const message of messages) {
    try {
      session.receive(message);
    } catch (error) {
      expect(isRpcError(error, 'MESSAGE_MALFORMED', 'MESSAGE_TOO_LARGE'), String(error)).to.equal(true);
      return error as RpcError;
    }
  }
  return undefined;
}

/** Checks that the server still serves a well-behaved client. */
async function expectServing(hosted: Hosted): Promise<void> {
  const server = new ServerEnd(hosted.dispatcher);
  const { session } = server;
  session.receive(hello);
  session.receive(echo(1));
  await new Promise(setImmediate);
  expect(server.answers().map(({ kind }) => kind)).to.deep.equal(['hello', 'result']);
  session.close();
}

/** Bytes of a message that were changed, truncated, repeated or swapped. */
function damaged(message: Buffer): fc.Arbitrary<Buffer> {
  const at = fc.nat(Math.max(0, message.length - 1));
  return fc.oneof(
    at.map((length) => message.subarray(0, length)),
    fc.tuple(at, fc.integer({ min: 1, max: 255 })).map(([index, change]) => {
      const copy = Buffer.from(message);
      copy[index] = (copy[index] ?? 0) ^ change;
      return copy;
    }),
    fc.constant(Buffer.concat([message, message])),
    fc.uint8Array({ maxLength: 40 }).map((more) => Buffer.concat([message, more])),
  );
}

describe('a session on the server', function () {
  this.timeout(60_000);

  it('answers any frames, in any order, or ends with a clear status; and the server keeps working', async () => {
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.array(anyFrame, { maxLength: 12 }), async (begun, frames) => {
        const hosted = hostSample();
        const { session } = new ServerEnd(hosted.dispatcher);
        refusalOfAny(session, [...(begun ? [hello] : []), ...frames.map((frame) => encodeFrames(frame))]);
        session.close();
        await expectServing(hosted);
        expect(hosted.dispatcher.running).to.equal(0);
      }),
      { numRuns: 300 },
    );
  });

  it('answers damaged messages, or ends with a clear status; and the server keeps working', async () => {
    const message = fc
      .array(
        fc.oneof(
          anyFrame.map((frame) => encodeFrames(frame)),
          fc.nat(20).map(echo),
        ),
        {
          minLength: 1,
          maxLength: 4,
        },
      )
      .chain((parts) => damaged(Buffer.concat(parts)));
    await fc.assert(
      fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 4 }), async (messages) => {
        const hosted = hostSample();
        const { session } = new ServerEnd(hosted.dispatcher);
        refusalOfAny(session, [hello, ...messages]);
        session.close();
        await expectServing(hosted);
      }),
      { numRuns: 300 },
    );
  });

  it('accepts calls in any order, and ends at the first that is replayed', () => {
    const orders = fc.uniqueArray(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(orders, fc.nat(), (numbers, which) => {
        const { session } = new ServerEnd(hostSample().dispatcher);
        expect(refusalOfAny(session, [hello, ...numbers.map(echo)])).to.equal(undefined);
        const replayed = numbers[which % numbers.length] ?? 0;
        const refusal = refusalOfAny(session, [echo(replayed)]);
        expect(refusal?.message).to.include(`call number ${String(replayed)} was used before`);
        session.close();
      }),
    );
  });

  it('runs nothing of a session that was replayed from its beginning', () => {
    const server = new ServerEnd(hostSample().dispatcher);
    const { session } = server;
    refusalOfAny(session, [hello, echo(1), echo(2)]);
    session.flush();
    const before = server.answers().length;
    expect(refusalOfAny(session, [hello, echo(1), echo(2)])?.reason).to.equal('MESSAGE_MALFORMED');
    session.flush();
    expect(server.answers()).to.have.length(before);
  });
});

describe('a session on the client', () => {
  it('accepts any frames, even damaged ones, or is lost with a clear error', () => {
    const message = anyFrame.map((frame) => encodeFrames(frame));
    fc.assert(
      fc.property(
        fc.array(fc.oneof(message, message.chain(damaged)), { minLength: 1, maxLength: 10 }),
        (messages) => {
          let ended: RpcError | undefined;
          let ends = 0;
          const session = new ClientSession(
            destination('server:1'),
            { client: 'c', maxFrameBytes: 1 << 20 },
            {
              headroomBytes: 0,
              write: () => undefined,
              end: () => {
                ends++;
              },
            },
            { clock: new FakeClock(), keepalive: defaultKeepalive },
            {
              onOpen: () => undefined,
              onEnd: (error) => {
                ended = error;
              },
              onLostCall: () => undefined,
            },
          );
          for (const each of messages) {
            session.receive(each);
          }
          expect(session.lost).to.equal(ended !== undefined);
          if (ended !== undefined) {
            expect(ended.reason).to.be.oneOf(['MESSAGE_MALFORMED', 'MESSAGE_TOO_LARGE']);
            expect(ends).to.be.at.least(1);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
