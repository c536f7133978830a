import { expect } from 'chai';
import { z } from 'zod';

import { coreError, type SignaturesOf } from '@patchbay/objects';
import { arg, callback, defineObject, method, objectOf, streamOf } from '@patchbay/objects/define';
import { eventually, RecordingLog } from '@patchbay/objects/testing';

import type { ObjectClient } from '../src/client/index.js';
import { connectInMemory } from '../src/memory/index.js';

const progress = arg('progress', callback([z.int()], z.int()), 'takes steps');

const makeAccount = () =>
  defineObject({
    summary: 'An account',
    methods: { deposit: method({ summary: 'Deposit', returns: z.int(), run: () => 1 }) },
  });

/** An object whose methods leave promises alone. */
function makeCareless(seen: unknown[]) {
  const note = (error: unknown): void => {
    seen.push((error as { reason: string }).reason);
  };
  return defineObject({
    summary: 'Careless',
    methods: {
      forget: method({
        summary: 'Call the function and forget it',
        args: [progress],
        returns: z.string(),
        run: async (step) => {
          void step(1);
          await new Promise(setImmediate);
          return 'done';
        },
      }),
      awaitLater: method({
        summary: 'Await the function only when it has failed',
        args: [progress],
        returns: z.string(),
        run: async (step) => {
          const pending = step(1);
          await eventually(() => seen.length > 0);
          await pending.catch(note);
          return 'done';
        },
      }),
      readAhead: method({
        summary: 'Request items that nobody awaits',
        args: [arg('items', streamOf(z.int()), 'numbers')],
        returns: z.null(),
        run: async (items, context) => {
          const iterator = items[Symbol.asyncIterator]();
          void iterator.next();
          void iterator.next();
          seen.push('reading');
          await new Promise((resolve) => {
            context.signal.addEventListener('abort', resolve);
          });
          seen.push('left');
          return null;
        },
      }),
      fail: method({
        summary: 'Fail',
        yields: z.int(),
        returns: z.null(),
        run: async function* () {
          yield 1;
          return Promise.reject(coreError('NAME_INVALID', 'a wrong name'));
        },
      }),
      account: method({
        summary: 'Return an account',
        args: [arg('who', z.string(), 'its owner')],
        returns: objectOf<ReturnType<typeof makeAccount>>(),
        run: (who) => {
          if (who === 'eve') {
            throw coreError('OBJECT_NOT_FOUND', 'no account "eve"');
          }
          return makeAccount();
        },
      }),
    },
  });
}
type Careless = SignaturesOf<ReturnType<typeof makeCareless>>;

describe('a promise that rejects by the doing of the other side, and that nobody awaits', () => {
  const unhandled: unknown[] = [];
  const seen: unknown[] = [];
  let log: RecordingLog;
  let client: ObjectClient;
  const noteUnhandled = (error: unknown): void => {
    unhandled.push(error);
  };

  before(() => {
    process.on('unhandledRejection', noteUnhandled);
  });

  after(() => {
    process.off('unhandledRejection', noteUnhandled);
  });

  beforeEach(() => {
    unhandled.length = 0;
    seen.length = 0;
    log = new RecordingLog();
    client = connectInMemory({ careless: makeCareless(seen) }, { server: { log } });
  });

  const careless = (): ReturnType<typeof client.proxy<Careless>> => client.proxy<Careless>('careless');
  const never = (): Promise<number> => new Promise(() => undefined);

  /** What a caller, or the method, does. It returns when what was left alone has rejected. */
  const rows: Readonly<Record<string, () => Promise<unknown>>> = {
    'a function of the caller that throws': () =>
      careless().forget(() => {
        throw new Error('no');
      }),
    'a function of the caller that answers with a wrong value': () =>
      careless().forget(() => 'x' as unknown as number),
    'a function of the caller that throws what has no text': () =>
      careless().forget(() => {
        throw Object.create(null);
      }),
    'a function of the caller that answers after the call has ended': () => careless().forget(never),
    'a function of a caller that cancels': async () => {
      const call = careless().forget(() => {
        call.cancel();
        return never();
      });
      await call.catch(() => undefined);
    },
    'a function of a caller that leaves': () =>
      careless()
        .forget(async () => {
          await client.close();
          return 1;
        })
        .catch(() => undefined),
    'a function that the method awaits later': () =>
      careless().awaitLater(() => {
        seen.push('called');
        throw new Error('no');
      }),
    'items of a stream of a caller that leaves': async () => {
      const call = careless().readAhead(
        (async function* () {
          yield await never();
        })(),
      );
      await eventually(() => seen.includes('reading'));
      call.cancel();
      await eventually(() => seen.includes('left'));
    },
    'a call that fails': async () => {
      void careless().fail();
      await careless()
        .fail()
        .catch(() => undefined);
    },
    'items of a call that fails': async () => {
      const items = careless().fail()[Symbol.asyncIterator]();
      void items.next();
      void items.next();
      void items.next();
      await careless()
        .fail()
        .catch(() => undefined);
      void items.next();
    },
    'a call whose result is an object, and which fails': async () => {
      await careless()
        .account('eve')
        .deposit()
        .catch((error: unknown) => seen.push(error));
    },
    'a call in flight when the client closes': async () => {
      void careless().awaitLater(never);
      await new Promise(setImmediate);
      await client.close();
    },
    'a call of many objects': async () => {
      const names = async function* (): AsyncGenerator<string> {
        yield await Promise.reject<string>(coreError('NAMESERVER_UNAVAILABLE', 'no name server'));
      };
      void client.fanOut<Careless>(names).fail();
      await careless()
        .fail()
        .catch(() => undefined);
    },
    'a description': async () => {
      void client.describe('missing');
      await client.describe('missing').catch(() => undefined);
    },
  };
  for (const [what, act] of Object.entries(rows)) {
    it(`ends no process: ${what}`, async () => {
      await act();
      await client.close();
      await new Promise(setImmediate);
      expect(unhandled).to.deep.equal([]);
    });
  }

  it('still rejects for whoever awaits it', async () => {
    await rows['a function that the method awaits later']?.();
    expect(seen).to.deep.equal(['called', 'CALLBACK_FAILED']);
    await client.close();
  });

  it('is logged where it is a function of the caller', async () => {
    await rows['a function that the method awaits later']?.();
    await client.close();
    const line = log.lines.find(({ message }) => message === "a caller's function failed");
    expect(line).to.deep.include({ level: 'debug' });
    expect(line?.fields.callId).to.match(/-1$/);
    expect(line?.fields.error).to.include({ reason: 'CALLBACK_FAILED' });
  });
});
