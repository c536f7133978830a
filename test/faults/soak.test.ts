import { expect } from 'chai';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { z } from 'zod';

import { connectTo } from '@patchbay/grpc/client';
import { ObjectServer } from '@patchbay/grpc/server';
import { type SignaturesOf, silentLog, systemClock } from '@patchbay/objects';
import { arg, defineObject, Dispatcher, method, objectOf } from '@patchbay/objects/define';
import { eventually } from '@patchbay/objects/testing';
import type { ObjectClient } from '@patchbay/session/client';

import { Random } from '../soak/random.js';

// `npm run soak calls` sets both.
const { PATCHBAY_SOAK: soak, PATCHBAY_SEED: seed = '1' } = process.env;
/** How many times as much is done as in CI. */
const times = soak === undefined ? 1 : 10;

const thing = defineObject({
  summary: 'A thing',
  methods: { ping: method({ summary: 'Answer', returns: z.literal('pong'), run: () => 'pong' as const }) },
});
const service = defineObject({
  summary: 'A service',
  methods: {
    echo: method({
      summary: 'Give a text back',
      args: [arg('text', z.string(), 'any')],
      returns: z.string(),
      run: (text) => text,
    }),
    thing: method({ summary: 'Hand out a thing', returns: objectOf<typeof thing>(), run: () => thing }),
  },
});
type Service = SignaturesOf<typeof service>;

describe('The memory of a server and its clients', function () {
  this.timeout(600_000);
  let server: ObjectServer;
  let client: ObjectClient;

  before(async () => {
    const dispatcher = new Dispatcher({ clock: systemClock, log: silentLog });
    dispatcher.host('service', service);
    server = await ObjectServer.start({ listen: '127.0.0.1:0', dispatcher });
    client = connectTo(server.address);
  });

  after(async () => {
    await client[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const loads: readonly (readonly [number, string, (count: number) => Promise<void>])[] = [
    [10_000, 'sessions were opened and closed', openSessions],
    [1_000_000, 'calls', makeCalls],
    [100_000, 'objects were handed out and let go of', holdObjects],
    [500, 'bursts of all of these, and of cancelled calls, as a seed chooses them', mixAll],
  ];
  for (const [atLeast, what, load] of loads) {
    const count = atLeast * times;
    it(`is what it was before, within 10 %, after ${count.toLocaleString('en')} ${what}`, async () => {
      await load(count / 10); // what is compiled and pooled once is no leak
      const before = await settledBytes();
      await load(count);
      await eventually(async () => {
        expect(await settledBytes()).to.be.below(before * 1.1);
      }, 60_000);
    });
  }

  async function openSessions(count: number): Promise<void> {
    for (let done = 0; done < count; done += 50) {
      await Promise.all(Array.from({ length: 50 }, openSession));
    }
  }

  async function openSession(): Promise<void> {
    await using own = connectTo(server.address);
    expect(await own.proxy<Service>('service').echo('hello')).to.equal('hello');
  }

  async function makeCalls(count: number): Promise<void> {
    const proxy = client.proxy<Service>('service');
    for (let done = 0; done < count; done += 500) {
      await Promise.all(Array.from({ length: 500 }, () => proxy.echo('hello')));
    }
  }

  async function holdObjects(count: number): Promise<void> {
    const proxy = client.proxy<Service>('service');
    for (let done = 0; done < count; done += 500) {
      const length = Math.min(500, count - done);
      const things = await Promise.all(Array.from({ length }, () => proxy.thing()));
      await Promise.all(things.map((each) => each.ping()));
      for (const each of things) {
        each[Symbol.dispose]();
      }
    }
  }

  async function mixAll(count: number): Promise<void> {
    const random = new Random(Number(seed));
    const bursts: readonly (() => PromiseLike<unknown>)[] = [
      openSession,
      () => client.proxy<Service>('service').echo('x'.repeat(random.below(100_000))),
      () => cancelCalls(1 + random.below(20)),
      () => holdObjects(1 + random.below(20)),
    ];
    for (let done = 0; done < count; done++) {
      const length = 1 + random.below(5);
      const some = Array.from({ length }, () => bursts[random.below(bursts.length)] ?? openSession);
      await Promise.all(some.map((burst) => burst()));
    }
  }

  async function cancelCalls(count: number): Promise<void> {
    const calls = Array.from({ length: count }, () => client.proxy<Service>('service').echo('hello'));
    for (const call of calls) {
      call.cancel();
    }
    await Promise.allSettled(calls);
  }
});

/** Returns the bytes in use once everything that can be freed is. */
async function settledBytes(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  for (let round = 0; round < 3; round++) {
    gc();
    await new Promise(setImmediate); // finalizers run between
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
