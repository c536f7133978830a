import { z } from 'zod';

import { type SignaturesOf, systemClock } from '@patchbay/objects';
import {
  arg,
  byteStream,
  callback,
  defineObject,
  method,
  objectOf,
  streamOf,
} from '@patchbay/objects/define';

const ticket = defineObject({
  summary: 'A ticket',
  methods: { number: method({ summary: 'Return its number', returns: z.int(), run: () => 1 }) },
});

/** An object with everything that a client can leave in the middle of. */
export const crowdedService = defineObject({
  summary: 'A service for many clients',
  methods: {
    echo: method({
      summary: 'Return the text',
      args: [arg('text', z.string(), 'any text')],
      returns: z.string(),
      run: (text) => text,
    }),
    fail: method({
      summary: 'Fail',
      returns: z.null(),
      run: () => {
        throw new Error('it failed, as it was asked to');
      },
    }),
    wait: method({
      summary: 'Wait until the call is cancelled',
      returns: z.null(),
      timeoutMs: 'none',
      run: async ({ signal }) => {
        await systemClock.sleep(3_600_000, { signal });
        return null;
      },
    }),
    count: method({
      summary: 'Yield numbers without end',
      yields: z.int(),
      returns: z.null(),
      async *run() {
        for (let number = 0; ; number += 1) {
          yield number;
          await new Promise(setImmediate);
        }
      },
    }),
    sum: method({
      summary: 'Add numbers up',
      args: [arg('numbers', streamOf(z.int()), 'the numbers')],
      returns: z.int(),
      run: async (numbers) => {
        let sum = 0;
        for await (const number of numbers) {
          sum += number;
        }
        return sum;
      },
    }),
    upload: method({
      summary: 'Take bytes',
      args: [arg('data', byteStream(), 'the bytes')],
      returns: z.int(),
      run: async (data) => {
        let bytes = 0;
        for await (const chunk of data) {
          bytes += chunk.length;
        }
        return bytes;
      },
    }),
    tell: method({
      summary: 'Call the function of the caller without awaiting it',
      args: [arg('told', callback([z.string()], z.boolean()), 'is told')],
      returns: z.null(),
      run: (told) => {
        void told('half');
        void told('whole');
        return null;
      },
    }),
    watch: method({
      summary: 'Call the function of the caller beyond the end of the call',
      args: [arg('told', callback([z.string()], z.boolean()), 'is told')],
      returns: z.null(),
      run: (told, context) => {
        const subscription = context.subscribe(told);
        const timer = setInterval(() => {
          void told('again').catch(() => undefined);
        }, 50);
        subscription.signal.addEventListener('abort', () => {
          clearInterval(timer);
        });
        return null;
      },
    }),
    ticket: method({ summary: 'Hand out a ticket', returns: objectOf<typeof ticket>(), run: () => ticket }),
  },
});
export type CrowdedService = SignaturesOf<typeof crowdedService>;

/** What a server holds, as it measures it. */
export interface Held {
  readonly rssBytes: number;
  readonly heapBytes: number;
  /** How many connections, timers and other handles keep the process busy, by their types. */
  readonly handles: Readonly<Record<string, number>>;
  /** What is counted against the memory that all sessions share. */
  readonly bufferedBytes: number;
  /** How many methods run. */
  readonly running: number;
}
