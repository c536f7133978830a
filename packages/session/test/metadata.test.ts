import { expect } from 'chai';
import { z } from 'zod';

import {
  type CallMetadata,
  coreError,
  type Interceptor,
  logCalls,
  type SignaturesOf,
  systemClock,
} from '@patchbay/objects';
import { arg, callback, defineObject, method, objectOf } from '@patchbay/objects/define';
import { RecordingLog, refusal } from '@patchbay/objects/testing';

import type { ObjectClient } from '../src/client/index.js';
import { connectInMemory, type InMemoryOptions } from '../src/memory/index.js';

const leaf = defineObject({
  summary: 'A leaf',
  methods: {
    seen: method({
      summary: 'Return the metadata',
      returns: z.record(z.string(), z.string()),
      run: ({ metadata }) => ({ ...metadata }),
    }),
  },
});

function makeSample(seen: CallMetadata[]) {
  return defineObject({
    summary: 'A sample',
    methods: {
      seen: method({
        summary: 'Return the metadata',
        args: [arg('ask', callback([], z.string()).optional(), 'a function')],
        returns: z.record(z.string(), z.string()),
        run: async (ask, { metadata }) => {
          await ask?.();
          seen.push(metadata);
          return { ...metadata };
        },
      }),
      answer: method({
        summary: 'Send metadata back, with a result or an error',
        args: [
          arg('pairs', z.record(z.string(), z.string()), 'what to send'),
          arg('fails', z.boolean().default(false), 'whether to fail'),
        ],
        returns: z.null(),
        run: (pairs, fails, context) => {
          context.addResponseMetadata(pairs);
          if (fails) {
            throw coreError('CALLER_REFUSED', 'as asked for');
          }
          return null;
        },
      }),
      leaf: method({ summary: 'Hand out an object', returns: objectOf<typeof leaf>(), run: () => leaf }),
    },
  });
}
type Sample = SignaturesOf<ReturnType<typeof makeSample>>;

describe('metadata of a call', () => {
  const seen: CallMetadata[] = [];
  const connected = (options: InMemoryOptions = {}): ObjectClient =>
    connectInMemory({ sample: makeSample(seen) }, options);
  const adding =
    (added: CallMetadata): Interceptor =>
    (call, next) => {
      call.addMetadata(added);
      return next();
    };

  it('reaches the method from the caller and from the interceptors of both sides', async () => {
    await using client = connected({
      interceptors: [adding({ client: 'a' })],
      server: { interceptors: [adding({ server: 'b' })] },
    });
    const sample = client.proxy<Sample>('sample').with({ metadata: { reason: 'a new disk — Zürich' } });
    expect(await sample.seen()).to.deep.equal({ reason: 'a new disk — Zürich', client: 'a', server: 'b' });
    expect(await sample.with({ metadata: { more: '1' } }).seen()).to.include({ client: 'a', more: '1' });
    expect(await sample.with({ timeoutMs: 5_000 }).seen()).to.have.property('reason');
    expect(await client.proxy<Sample>('sample').seen()).to.deep.equal({ client: 'a', server: 'b' });
  });

  it('is read by the interceptors of the server, in place of what they replace', async () => {
    await using client = connected({
      server: {
        interceptors: [
          async (call, next) => {
            call.addMetadata({ user: `checked ${String(call.metadata.user)}` });
            return next();
          },
        ],
      },
    });
    const sample = client.proxy<Sample>('sample', { metadata: { user: 'ada' } });
    expect(await sample.seen()).to.deep.equal({ user: 'checked ada' });
  });

  it('travels with one-way calls, batches, fan-outs, argv, callbacks and pipelined calls', async () => {
    await using client = connected();
    const metadata = { reason: 'why' };
    const sample = client.proxy<Sample>('sample', { metadata });
    seen.length = 0;
    await sample.with({ oneWay: true }).seen();
    expect(await sample.leaf().seen()).to.deep.equal(metadata);
    expect(await (await sample.leaf()).seen()).to.deep.equal(metadata);
    await sample.seen(() => 'answer');
    await client.batch((batch) => [batch.proxy<Sample>('sample').seen()], { metadata });
    await client
      .fanOut<Sample>(
        async function* () {
          yield await Promise.resolve('sample');
        },
        { metadata },
      )
      .seen();
    await client.callWithArgv('sample', 'seen', [], { metadata });
    expect(seen).to.deep.equal(Array.from({ length: 5 }, () => metadata));
  });

  for (const fails of [false, true]) {
    it(`travels back with ${fails ? 'an error' : 'a result'}`, async () => {
      const read: CallMetadata[] = [];
      await using client = connected({
        interceptors: [
          async (call, next) => {
            try {
              return await next();
            } finally {
              read.push(call.responseMetadata);
              call.addResponseMetadata({ client: '3' });
            }
          },
        ],
        server: {
          interceptors: [
            (call, next) =>
              next().finally(() => {
                call.addResponseMetadata({ server: '2' });
              }),
          ],
        },
      });
      const call = client.proxy<Sample>('sample').answer({ method: '1' }, fails);
      expect(call.responseMetadata).to.deep.equal({});
      await call.catch(() => undefined);
      expect(read).to.deep.equal([{ method: '1', server: '2' }]);
      expect(call.responseMetadata).to.deep.equal({ method: '1', server: '2', client: '3' });
    });
  }

  const tooMany = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`k${String(index)}`, '']));
  const wrong: readonly [what: string, metadata: CallMetadata, message: RegExp][] = [
    ['a key with capitals', { Reason: 'x' }, /metadata "Reason": a key has 1 to 64 lowercase letters/],
    ['a key that is empty', { '': 'x' }, /a key has 1 to 64/],
    ['a key that is too long', { ['k'.repeat(65)]: 'x' }, /a key has 1 to 64/],
    ['a key that begins with _', { _reason: 'x' }, /a key has 1 to 64/],
    ['a binary key', { 'trace-bin': 'x' }, /does not end in "-bin"/],
    ['a value with a line break', { reason: 'x\nlevel=error' }, /metadata "reason": a value has no control/],
    ['half of a surrogate pair', { reason: '\ud800' }, /well-formed Unicode/],
    ['a value that is no text', { reason: 7 as unknown as string }, /a value is text, not number/],
    ['65 pairs', tooMany, /at most 64 pairs of 8192 bytes together, not 65/],
    ['more than 8 KiB', { reason: 'é'.repeat(4_094) }, /not 1 of 8194/],
  ];
  for (const [what, metadata, message] of wrong) {
    it(`cannot have ${what}, whoever adds it`, async () => {
      await using plain = connected();
      const calls = plain.proxy<Sample>('sample');
      const refusals = [await refusal(calls.with({ metadata }).seen())];
      for (const side of ['client', 'server'] as const) {
        const interceptors = [adding(metadata)];
        await using client = connected(side === 'client' ? { interceptors } : { server: { interceptors } });
        refusals.push(await refusal(client.proxy<Sample>('sample').seen()));
      }
      if (Object.values(metadata).every((value) => typeof value === 'string' && value !== '\ud800')) {
        refusals.push(await refusal(calls.answer(metadata)));
      }
      for (const error of refusals) {
        expect(error).to.include({ code: 'INVALID_ARGUMENT', reason: 'METADATA_INVALID' });
        expect(error.message).to.match(message);
      }
    });
  }

  it('may have 64 pairs, and 8 KiB', async () => {
    await using client = connected();
    const most = Object.fromEntries(Object.entries(tooMany).slice(1));
    for (const metadata of [most, { k: 'x'.repeat(8 * 1024 - 1) }]) {
      expect(await client.proxy<Sample>('sample', { metadata }).seen()).to.deep.equal(metadata);
    }
  });

  it('cannot be added to when it has left', async () => {
    const errors: unknown[] = [];
    const late: Interceptor = (call, next) => {
      const result = next();
      try {
        call.addMetadata({ late: 'yes' });
      } catch (error) {
        errors.push((error as Error).message);
      }
      return result;
    };
    await using client = connected({ interceptors: [late], server: { interceptors: [late] } });
    expect(await client.proxy<Sample>('sample').seen()).to.deep.equal({});
    expect(errors).to.deep.equal([
      'metadata can be added to a call only before it is sent',
      'metadata can be added to a call only before its method begins',
    ]);
  });

  it('tells the logs of both sides the reason of a call', async () => {
    const logs = { client: new RecordingLog(), server: new RecordingLog() };
    await using client = connected({
      log: logs.client,
      server: { log: logs.server, interceptors: [logCalls({ log: logs.server, clock: systemClock })] },
    });
    const sample = client.proxy<Sample>('sample');
    await sample.with({ metadata: { reason: 'ticket 7' } }).seen();
    await refusal(sample.with({ metadata: { reason: 'ticket 8' } }).answer({}, true));
    await sample.seen();
    for (const { lines } of Object.values(logs)) {
      expect(lines.map(({ fields }) => fields.callerReason)).to.deep.equal([
        'ticket 7',
        'ticket 8',
        undefined,
      ]);
    }
  });
});
