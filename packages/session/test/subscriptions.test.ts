import { expect } from 'chai';
import { z } from 'zod';

import { coreError, type SignaturesOf, type Subscription, systemClock } from '@patchbay/objects';
import { arg, callback, defineObject, Dispatcher, method } from '@patchbay/objects/define';
import { eventually, RecordingLog, refusal } from '@patchbay/objects/testing';

import { ObjectClient, routeTo } from '../src/client/index.js';
import { Subscriptions } from '../src/server/subscriptions.js';
import { MemoryTransport } from '../src/memory/index.js';

type Listener = (event: string) => Promise<unknown>;

/** A feed of events, whose watchers stay until either side ends it. */
function makeFeed() {
  const watchers: { readonly listener: Listener; readonly subscription: Subscription }[] = [];
  const listener = arg('listener', callback([z.string()], z.unknown()), 'gets each event');
  const definition = defineObject({
    summary: 'A feed',
    methods: {
      watch: method({
        summary: 'Pass every event on to a function',
        args: [listener, arg('how', z.string().default('well'), 'how it goes')],
        returns: z.null(),
        run: async (each, how, context) => {
          const subscription = context.subscribe(each);
          expect(context.subscribe(each)).to.equal(subscription);
          watchers.push({ listener: each, subscription });
          await each('first');
          if (how === 'badly') {
            throw coreError('CALLER_REFUSED', 'as asked for');
          }
          if (how === 'for ever') {
            await new Promise((_resolve, reject) => {
              context.signal.addEventListener('abort', () => {
                reject(context.signal.reason as Error);
              });
            });
          }
          return null;
        },
      }),
      foreign: method({
        summary: 'Subscribe to what is no function of the caller’s',
        returns: z.null(),
        run: (context) => {
          context.subscribe(() => undefined);
          return null;
        },
      }),
      late: method({
        summary: 'Subscribe when the call has ended',
        args: [listener],
        returns: z.null(),
        run: (each, context) => {
          setImmediate(() => {
            late = refusal(Promise.resolve().then(() => context.subscribe(each)));
          });
          return null;
        },
      }),
      greedy: method({
        summary: 'Subscribe to many functions',
        args: [arg('listeners', z.array(callback([], z.unknown())), 'functions')],
        returns: z.int(),
        run: (listeners, context) => listeners.map((each) => context.subscribe(each)).length,
      }),
    },
  });
  let late: Promise<{ reason: string }> | undefined;
  return { definition, watchers, late: () => late };
}
type Feed = SignaturesOf<ReturnType<typeof makeFeed>['definition']>;

function serve() {
  const feed = makeFeed();
  const log = new RecordingLog();
  const dispatcher = new Dispatcher({ clock: systemClock, log });
  dispatcher.host('feed', feed.definition);
  const server = new MemoryTransport(dispatcher);
  const client = new ObjectClient({
    clock: systemClock,
    transport: server,
    router: routeTo('in-memory'),
  });
  return {
    ...feed,
    server,
    client,
    log,
    proxy: client.proxy<Feed>('feed'),
    [Symbol.asyncDispose]: () => client.close(),
  };
}

function reasonOf({ subscription }: { subscription: Subscription } = expect.fail()): string | undefined {
  return (subscription.signal.reason as { reason?: string } | undefined)?.reason;
}

describe('a function that a method subscribed to', () => {
  it('is called after the end of the call, until the object closes it', async () => {
    await using served = serve();
    const { proxy, watchers } = served;
    const events: string[] = [];
    const call = proxy.watch((event) => {
      events.push(event);
      return event.length;
    });
    await call;
    const [watcher = expect.fail()] = watchers;
    expect(await watcher.listener('second')).to.equal(6);
    expect(events).to.deep.equal(['first', 'second']);
    expect(watcher.subscription.signal.aborted).to.be.false;
    watcher.subscription.close();
    watcher.subscription[Symbol.dispose]();
    expect(watcher.subscription.signal.aborted).to.be.true;
    expect(await call.released).to.equal(undefined);
    expect((await refusal(watcher.listener('third'))).reason).to.equal('CALL_CANCELLED');
    expect(events).to.deep.equal(['first', 'second']);
  });

  it('tells the object what it throws', async () => {
    await using served = serve();
    await served.proxy.watch((event) => {
      if (event !== 'first') {
        throw new Error('no room');
      }
    });
    const error = await refusal(served.watchers[0]?.listener('second') ?? expect.fail());
    expect(error).to.include({ reason: 'CALLBACK_FAILED' });
  });

  for (const how of ['cancel', 'signal'] as const) {
    it(`is released by its caller's ${how}, which the object is told, and calls in flight fail`, async () => {
      await using served = serve();
      const abort = new AbortController();
      const call = served.proxy
        .with({ signal: abort.signal })
        .watch((event) => (event === 'first' ? null : new Promise(() => undefined)));
      await call;
      const [watcher = expect.fail()] = served.watchers;
      const inFlight = refusal(watcher.listener('second'));
      await new Promise(setImmediate);
      if (how === 'cancel') {
        call.cancel();
      } else {
        abort.abort();
      }
      await eventually(() => watcher.subscription.signal.aborted);
      expect((watcher.subscription.signal.reason as Error).message).to.include('released by its caller');
      expect((await inFlight).message).to.include('released by its caller');
      expect(await call.released).to.equal(undefined);
    });
  }

  for (const [side, end] of [
    ['client', ({ client }: ReturnType<typeof serve>) => client.close()],
    [
      'server',
      ({ server }: ReturnType<typeof serve>) => {
        server.close();
      },
    ],
  ] as const) {
    it(`ends with the session, when the ${side} ends that`, async () => {
      const served = serve();
      const call = served.proxy.watch(() => null);
      await call;
      await end(served);
      await eventually(() => reasonOf(served.watchers[0]) === 'CALL_CANCELLED');
      expect(await call.released).to.include({ reason: 'CONNECTION_LOST' });
      await served.client.close();
    });
  }

  for (const how of ['badly', 'for ever']) {
    it(`ends with a call that ends ${how === 'badly' ? 'with an error' : 'by its caller'}`, async () => {
      await using served = serve();
      const call = served.proxy.watch(() => null, how);
      await eventually(() => served.watchers.length === 1);
      if (how === 'for ever') {
        call.cancel();
      }
      await refusal(call);
      await eventually(() => served.watchers[0]?.subscription.signal.aborted === true);
      expect(await call.released).to.equal(undefined);
    });
  }

  it('must be among the arguments of the call, which has not ended', async () => {
    await using served = serve();
    const error = await refusal(served.proxy.foreign());
    expect(error.reason).to.equal('UNEXPECTED');
    const logged = served.log.lines.find(({ message }) => message === 'a call failed unexpectedly');
    expect((logged?.fields.error as Error).message).to.include("subscribe takes a function of the caller's");
    await served.proxy.late(() => null);
    await eventually(() => served.late() !== undefined);
    expect((await served.late())?.reason).to.equal('CALL_CANCELLED');
  });

  it('is one of at most 1000 of a session', async () => {
    await using served = serve();
    const many = Array.from({ length: 1_000 }, () => () => null);
    const call = served.proxy.greedy(many);
    expect(await call).to.equal(1_000);
    expect((await refusal(served.proxy.watch(() => null))).reason).to.equal('SUBSCRIPTIONS_EXHAUSTED');
    call.cancel();
    await served.proxy.watch(() => null);
  });

  it('is none of a client that does not know of that', () => {
    const subscriptions = new Subscriptions({ send: () => undefined, cancelCalls: () => undefined });
    expect(() => subscriptions.keep(1, 1))
      .to.throw()
      .with.property('reason', 'SUBSCRIPTION_UNSUPPORTED');
  });

  it('resolves released of a call that has none when it ends', async () => {
    await using served = serve();
    const call = served.proxy.late(() => null);
    expect(await call.released).to.equal(undefined);
  });
});
