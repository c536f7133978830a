import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

import {
  type CallContext,
  coreError,
  type ObjectDefinition,
  type SignaturesOf,
  systemClock,
} from '@patchbay/objects';
import { arg, defineObject, Dispatcher, method } from '@patchbay/objects/define';
import { RecordingLog } from '@patchbay/objects/testing';

/** Defines an object that records what it does. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- inferred, for the types of its methods
export function makeSample(notes: string[], contexts: CallContext[]) {
  return defineObject({
    summary: 'A sample',
    methods: {
      echo: method({
        summary: 'Give a value back',
        args: [arg('value', z.unknown(), 'any value')],
        returns: z.unknown(),
        idempotent: true,
        run: (value) => value,
      }),
      hang: method({
        summary: 'Wait until the call is aborted',
        returns: z.null(),
        run: (context) => hang('hang', notes, contexts, context),
      }),
      hangBriefly: method({
        summary: 'Wait until the call is aborted, for 100 ms',
        returns: z.null(),
        timeoutMs: 100,
        run: (context) => hang('hangBriefly', notes, contexts, context),
      }),
      hangSafely: method({
        summary: 'Wait until the call is aborted; may be run twice',
        returns: z.null(),
        idempotent: true,
        run: (context) => hang('hangSafely', notes, contexts, context),
      }),
      count: method({
        summary: 'Yield numbers with some padding',
        args: [arg('to', z.int(), 'the last'), arg('padding', z.int().default(0), 'bytes')],
        yields: z.object({ n: z.int(), padding: z.string() }),
        returns: z.int(),
        run: async function* (to, padding, context) {
          try {
            for (let n = 1; n <= to; n++) {
              context.signal.throwIfAborted();
              notes.push('yield');
              yield { n, padding: 'p'.repeat(padding) };
            }
            return await Promise.resolve(to);
          } finally {
            notes.push('finally');
          }
        },
      }),
      trickle: method({
        summary: 'Yield one item, then wait until the call is aborted',
        yields: z.int(),
        returns: z.null(),
        run: async function* (context) {
          try {
            yield 1;
            return await hang('trickle', notes, contexts, context);
          } finally {
            notes.push('finally');
          }
        },
      }),
      fail: method({
        summary: 'Fail as it declares',
        returns: z.null(),
        run: () => {
          throw coreError('NAME_INVALID', 'no such thing: "\u{1f4be}"', {
            details: { name: 'x', tries: 3 },
            cause: new Error('the secret cause'),
          });
        },
      }),
      crash: method({
        summary: 'Fail as it does not declare',
        returns: z.null(),
        run: () => {
          throw new Error('the secret message');
        },
      }),
      failLong: method({
        summary: 'Fail at length',
        args: [arg('length', z.int(), 'of the message')],
        returns: z.null(),
        run: (length) => {
          throw coreError('NAME_INVALID', 'long'.repeat(length / 4) + '\ud800', {
            details: { long: 'd'.repeat(length), strange: 1n, nothing: undefined },
          });
        },
      }),
      cycle: method({
        summary: 'Return a cycle',
        returns: z.unknown(),
        run: () => {
          const cycle: Record<string, unknown> = { text: 't'.repeat(5_000) };
          cycle.self = cycle;
          return cycle;
        },
      }),
      pause: method({
        summary: 'Take some time, whatever happens',
        args: [arg('ms', z.int(), 'milliseconds')],
        returns: z.literal('done'),
        run: async (ms) => {
          await delay(ms);
          notes.push('paused');
          return 'done' as const;
        },
      }),
    },
  });
}

/** The sample's methods, as a client sees them. */
export type Sample = SignaturesOf<ReturnType<typeof makeSample>>;

/** The hosted sample, and what it did. */
export interface HostedSample {
  readonly dispatcher: Dispatcher;
  readonly log: RecordingLog;
  readonly notes: string[];
  readonly contexts: CallContext[];
}

/** Hosts the sample, and further objects beside it. */
export function hostSample(
  objects: Readonly<Record<string, ObjectDefinition>> = {},
  clock = systemClock,
): HostedSample {
  const notes: string[] = [];
  const contexts: CallContext[] = [];
  const log = new RecordingLog();
  const dispatcher = new Dispatcher({ clock, log });
  dispatcher.host('sample', makeSample(notes, contexts));
  for (const [name, definition] of Object.entries(objects)) {
    dispatcher.host(name, definition);
  }
  return { dispatcher, log, notes, contexts };
}

function hang(name: string, notes: string[], contexts: CallContext[], context: CallContext): Promise<null> {
  notes.push(`${name} began`);
  contexts.push(context);
  return new Promise((_resolve, reject) => {
    context.signal.addEventListener('abort', () => {
      notes.push(`${name} aborted`);
      reject(context.signal.reason as Error);
    });
  });
}
