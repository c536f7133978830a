import { expect } from 'chai';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

import type { SignaturesOf } from '@patchbay/objects';
import { arg, defineObject, method } from '@patchbay/objects/define';
import { eventually } from '@patchbay/objects/testing';

import { transports } from './transports.js';

// An item of some size, so that the window holds few of them.
const padding = 'p'.repeat(8_000);

/** An object that counts how many of its generators run. */
function makeTicker(counts: { begun: number; ended: number }) {
  return defineObject({
    summary: 'A ticker',
    methods: {
      tick: method({
        summary: 'Yield numbers for ever',
        args: [arg('rest', z.boolean(), 'whether to rest in between')],
        yields: z.object({ n: z.int(), padding: z.string() }),
        returns: z.null(),
        run: async function* (rest) {
          counts.begun++;
          try {
            for (let n = 0; ; n++) {
              yield { n, padding };
              if (rest) {
                await delay(1);
              }
            }
          } finally {
            counts.ended++;
          }
        },
      }),
    },
  });
}
type Ticker = SignaturesOf<ReturnType<typeof makeTicker>>;

for (const [transport, start] of Object.entries(transports)) {
  describe(`1,000 streams ${transport} that are left at any moment`, function () {
    this.timeout(120_000);

    it('leave no generator running', async () => {
      const counts = { begun: 0, ended: 0 };
      await using server = await start({ objects: { ticker: makeTicker(counts) } });
      await using client = server.connect();
      const ticker = client.proxy<Ticker>('ticker');

      const leave = async (index: number): Promise<void> => {
        const items = Math.floor(Math.random() * 20);
        const abort = new AbortController();
        const way = index % 4;
        const call = ticker
          .with({ signal: abort.signal, timeoutMs: way === 3 ? 1 + 2 * items : 30_000 })
          .tick(index % 3 === 0);
        let seen = 0;
        try {
          for await (const { n } of call) {
            expect(n).to.equal(seen++);
            if (seen > items && way === 0) {
              break;
            }
            if (seen > items && way === 1) {
              call.cancel();
            }
            if (seen > items && way === 2) {
              abort.abort();
            }
          }
        } catch (error) {
          expect((error as { code: string }).code).to.be.oneOf(['CANCELLED', 'DEADLINE_EXCEEDED']);
        }
      };

      for (let from = 0; from < 1_000; from += 50) {
        await Promise.all(Array.from({ length: 50 }, (_, index) => leave(from + index)));
      }
      await eventually(() => server.dispatcher.running === 0);
      expect(counts.begun).to.be.above(700); // a deadline may pass before its call has begun
      expect(counts.ended).to.equal(counts.begun);
    });
  });
}
