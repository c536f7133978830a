import { Metadata } from '@grpc/grpc-js';
import { expect } from 'chai';
import { z } from 'zod';

import { type CallContext, logCalls, systemClock } from '@patchbay/objects';
import { arg, defineObject, method } from '@patchbay/objects/define';
import { RecordingLog, refusal } from '@patchbay/objects/testing';
import type { ObjectClient } from '@patchbay/session/client';
import { connectInMemory } from '@patchbay/session/memory';
import type { Sample } from '@patchbay/session/testing';

import { connectTo } from '../src/client/grpc-transport.js';
import { startSample } from './sample.js';
import { dial } from '../src/testing/foreign-client.js';

/** An object that returns the correlation id of its call, and calls the next one for its own. */
function makeRelay(next: () => ObjectClient | undefined, contexts: CallContext[]) {
  return defineObject({
    summary: 'A relay',
    methods: {
      ask: method({
        summary: 'Tell the correlation ids from here on',
        args: [arg('hops', z.int(), 'how far to go')],
        returns: z.array(z.string()),
        run: async (hops, context): Promise<string[]> => {
          contexts.push(context);
          const client = next();
          if (hops === 0 || client === undefined) {
            return [context.correlationId];
          }
          const rest = await client.call('relay', 'ask', [hops - 1], context.callOptions);
          return [context.correlationId, ...(rest as string[])];
        },
      }),
    },
  });
}

describe('a correlation id', () => {
  it('defaults to the call’s id', async () => {
    const contexts: CallContext[] = [];
    await using client = connectInMemory({ relay: makeRelay(() => undefined, contexts) });
    const call = client.call('relay', 'ask', [0]);
    expect(await call).to.deep.equal([call.callId]);
    expect(contexts[0]?.callId).to.equal(call.callId);
  });

  it('is passed on to the calls that a method makes, across two servers that call each other', async () => {
    const contexts: CallContext[] = [];
    const clients: ObjectClient[] = [];
    await using first = await startSample({ objects: { relay: makeRelay(() => clients[1], contexts) } });
    await using second = await startSample({ objects: { relay: makeRelay(() => clients[0], contexts) } });
    await using toFirst = connectTo(first.address);
    await using toSecond = connectTo(second.address);
    clients.push(toFirst, toSecond);
    // Each server waits for the other, ten deep: neither holds what the other needs.
    const ids = await toFirst.call('relay', 'ask', [10], { correlationId: 'request-7' });
    expect(ids).to.deep.equal(Array.from({ length: 11 }, () => 'request-7'));
    expect(new Set(contexts.map(({ callId }) => callId)).size).to.equal(11);
  });

  it('makes a cycle of calls that exceeds a limit of 1 fail at once, instead of waiting for itself', async () => {
    const clients: ObjectClient[] = [];
    const relay = { ...makeRelay(() => clients[0], []), maxConcurrent: 1 };
    await using client = connectInMemory({ relay });
    clients.push(client);
    const error = await refusal(client.call('relay', 'ask', [2], { timeoutMs: 5_000 }));
    expect(error.reason).to.equal('CONCURRENCY_EXHAUSTED');
  });

  it('is passed on with the time left, and with the signal', async () => {
    const contexts: CallContext[] = [];
    await using client = connectInMemory({ relay: makeRelay(() => undefined, contexts) });
    await client.call('relay', 'ask', [0], { timeoutMs: 5_000 });
    await client.call('relay', 'ask', [0], { timeoutMs: 'none' });
    const [limited, unlimited] = contexts;
    expect(limited?.callOptions.timeoutMs).to.be.within(1, 5_000);
    expect(limited?.callOptions.signal).to.equal(limited?.signal);
    expect(unlimited?.callOptions).not.to.have.property('timeoutMs');
  });

  it('is in the log lines of both sides of the call', async () => {
    const serverLog = new RecordingLog();
    const clientLog = new RecordingLog();
    await using client = connectInMemory(
      { relay: makeRelay(() => undefined, []) },
      {
        log: clientLog,
        server: { log: serverLog, interceptors: [logCalls({ log: serverLog, clock: systemClock })] },
      },
    );
    await client.call('relay', 'ask', [0], { correlationId: 'request-7' });
    expect(clientLog.lines[0]).to.deep.include({ level: 'debug', message: 'a call ended' });
    expect(serverLog.lines[0]).to.deep.include({ level: 'info', message: 'a call ended' });
    expect(clientLog.lines[0]?.fields.correlationId).to.equal('request-7');
    expect(serverLog.lines[0]?.fields.correlationId).to.equal('request-7');
    expect(serverLog.lines[0]?.fields.callId).to.equal(clientLog.lines[0]?.fields.callId);
  });

  for (const wrong of ['', ' ', 'two words', 'line\nbreak', 'ü', 'x'.repeat(129)]) {
    it(`cannot be ${JSON.stringify(wrong.slice(0, 20))}`, async () => {
      await using client = connectInMemory({ relay: makeRelay(() => undefined, []) });
      const error = await refusal(client.call('relay', 'ask', [0], { correlationId: wrong }));
      expect(error).to.include({ reason: 'ARGUMENT_INVALID' });
    });
  }

  describe('of a unary Call', () => {
    interface Objects {
      Call(request: object, metadata: Metadata): AsyncIterable<{ result?: unknown }>;
      close(): void;
    }

    async function call(id: string): Promise<unknown> {
      const contexts: CallContext[] = [];
      await using server = await startSample({ objects: { relay: makeRelay(() => undefined, contexts) } });
      const objects = dial(server.address, 'patchbay/v1/objects.proto', 'patchbay.v1.ObjectServer');
      const metadata = new Metadata();
      metadata.set('x-patchbay-correlation', id);
      try {
        const request = { object: 'relay', method: 'ask', arguments: [{ numberValue: 0 }] };
        for await (const answer of (objects as unknown as Objects).Call(request, metadata)) {
          expect(answer).to.be.an('object');
        }
        return contexts[0]?.correlationId;
      } catch (error) {
        return (error as { details: string }).details;
      } finally {
        objects.close();
      }
    }

    it('is in its metadata', async () => {
      expect(await call('request-7')).to.equal('request-7');
    });

    it('is checked', async () => {
      expect(await call('two words')).to.match(/correlation id "two words"/);
    });
  });

  it('is in the log lines of calls that a client retries', async () => {
    const log = new RecordingLog();
    const first = await startSample();
    await using client = connectTo(first.address, { log });
    const call = client.proxy<Sample>('sample').with({ correlationId: 'request-7' }).hangSafely();
    while (first.contexts.length === 0) {
      await new Promise(setImmediate);
    }
    await first[Symbol.asyncDispose]();
    await using second = await startSample({ listen: first.address });
    while (second.contexts.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    call.cancel();
    const again = log.lines.find(({ message }) => message === 'retrying a call');
    expect(again?.fields.correlationId).to.equal('request-7');
  });
});
