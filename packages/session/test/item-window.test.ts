import { expect } from 'chai';
import { z } from 'zod';

import type { SignaturesOf } from '@patchbay/objects';
import { arg, defineObject, method, streamOf } from '@patchbay/objects/define';
import { eventually } from '@patchbay/objects/testing';

import { connectInMemory } from '../src/memory/index.js';
import { clientHello, invokeFrame, ServerEnd } from './server-end.js';
import { hostSample } from '../src/testing/sample.js';

/** More than the window of small items, and far less than that of their bytes. */
const fewItems = 70;

function makePipe() {
  const given = { items: 0 };
  const pipe = defineObject({
    summary: 'A pipe',
    methods: {
      count: method({
        summary: 'Yield numbers',
        args: [arg('to', z.int(), 'the last')],
        yields: z.int(),
        returns: z.int(),
        run: async function* (to) {
          for (given.items = 1; given.items <= to; given.items++) {
            yield await Promise.resolve(given.items);
          }
          return to;
        },
      }),
      take: method({
        summary: 'Add numbers, and yield each before the next is read',
        args: [arg('numbers', streamOf(z.int()), 'numbers')],
        yields: z.int(),
        returns: z.int(),
        run: async function* (numbers) {
          let sum = 0;
          for await (const each of numbers) {
            sum += each;
            yield each;
          }
          return sum;
        },
      }),
    },
  });
  return { pipe, given };
}
type Pipe = SignaturesOf<ReturnType<typeof makePipe>['pipe']>;

async function* numbers(to: number, given: { items: number }): AsyncGenerator<number> {
  for (given.items = 1; given.items <= to; given.items++) {
    yield await Promise.resolve(given.items);
  }
}

/** Waits until a count no longer grows. */
async function settled(given: { readonly items: number }): Promise<number> {
  let before = -1;
  await eventually(async () => {
    const same = before === given.items;
    before = given.items;
    await new Promise(setImmediate);
    return same;
  });
  return before;
}

describe('a stream of small items', () => {
  it('runs few items ahead of a reader that stops, and resumes with it', async () => {
    const { pipe, given } = makePipe();
    await using client = connectInMemory({ pipe });
    const call = client.proxy<Pipe>('pipe').count(2_000);
    let read = 0;
    for await (const item of call) {
      expect(item).to.equal(++read);
      if (read === 4 || read === 1_000) {
        expect((await settled(given)) - read).to.be.within(1, fewItems);
      }
    }
    expect(read).to.equal(2_000);
    expect(await call).to.equal(2_000);
  });

  it('does not stall when its items are dropped', async () => {
    const { pipe } = makePipe();
    await using client = connectInMemory({ pipe });
    expect(await client.proxy<Pipe>('pipe').count(1_000)).to.equal(1_000);
  });

  it('among the arguments runs few items ahead of a method that stops, and resumes with it', async () => {
    const { pipe } = makePipe();
    await using client = connectInMemory({ pipe });
    const given = { items: 0 };
    const call = client.proxy<Pipe>('pipe').take(numbers(1_000, given));
    let read = 0;
    for await (const item of call) {
      expect(item).to.equal(++read);
      if (read === 4 || read === 500) {
        // The method itself runs ahead of this reader by a window too.
        expect((await settled(given)) - read).to.be.within(1, 2 * fewItems);
      }
    }
    expect(await call).to.equal(500_500);
  });

  for (const [peer, itemCountWindow, least, most] of [
    ['that does not count its items, as of an older version', 0, 100, 104],
    ['that accepts three', 3, 3, 3],
  ] as const) {
    it(`goes to a client ${peer}`, async () => {
      const { dispatcher } = hostSample();
      const server = new ServerEnd(dispatcher);
      const items = (): number => server.answers().filter(({ kind }) => kind === 'item').length;
      const bytes = 3_700; // of these items, which are 36 or 37 bytes each, about 100
      server.send(clientHello({ itemWindow: bytes, itemCountWindow }), invokeFrame(1, 'count', [1_000]));
      await eventually(() => items() > 0);
      await new Promise(setImmediate);
      expect(items()).to.be.within(least, most);
      server.send({ kind: 'credit', call: 1, bytes, items: itemCountWindow, stream: 0 });
      await eventually(() => items() > most);
      server.session.close();
      await dispatcher.drain();
    });
  }
});
