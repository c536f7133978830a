import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

import { coreError, type SignaturesOf } from '@patchbay/objects';
import {
  arg,
  byteStream,
  callback,
  defineObject,
  method,
  objectOf,
  ownObject,
  streamOf,
} from '@patchbay/objects/define';

/** The objects that a workshop handed out and that were released, and their calls. */
export interface WorkshopNotes {
  readonly made: string[];
  readonly released: string[];
  readonly calls: string[];
}

// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- inferred, for the types of its methods
export function makeNode(name: string, notes: WorkshopNotes) {
  notes.made.push(name);
  return defineObject({
    summary: 'A node',
    methods: {
      name: method({ summary: 'Return the name', returns: z.string(), run: () => name }),
      snapshot: method({
        summary: 'Make a snapshot',
        args: [arg('label', z.string(), 'its label')],
        returns: z.string(),
        run: (label) => {
          notes.calls.push(`${name}@${label}`);
          return `${name}@${label}`;
        },
      }),
    },
    released: () => {
      notes.released.push(name);
    },
  });
}

type Node = ReturnType<typeof makeNode>;

/** An object whose methods take streams and functions, and hand out objects. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- inferred, for the types of its methods
export function makeWorkshop(notes: WorkshopNotes) {
  let kept: ((index: number) => Promise<number>) | undefined;
  return defineObject({
    summary: 'A workshop',
    methods: {
      size: method({
        summary: 'Count the bytes of a stream',
        args: [arg('data', byteStream(), 'the bytes')],
        options: { slowMs: z.int().default(0).describe('how long to rest after each piece') },
        returns: z.int(),
        idempotent: true,
        run: async (data, { slowMs }) => {
          let bytes = 0;
          for await (const piece of data) {
            bytes += piece.length;
            if (slowMs > 0) {
              await delay(slowMs);
            }
          }
          return bytes;
        },
      }),
      firstByte: method({
        summary: 'Read the beginning of a stream only',
        args: [arg('data', byteStream(), 'the bytes')],
        returns: z.int(),
        run: async (data) => {
          for await (const piece of data) {
            return piece[0] ?? -1;
          }
          return -1;
        },
      }),
      ignore: method({
        summary: 'Read nothing of a stream',
        args: [arg('data', byteStream(), 'the bytes')],
        returns: z.null(),
        run: () => null,
      }),
      shout: method({
        summary: 'Give back each text in capitals, as it comes',
        args: [arg('words', streamOf(z.string().max(10)), 'the texts')],
        yields: z.string(),
        returns: z.int(),
        run: async function* (words) {
          let count = 0;
          for await (const word of words) {
            count += 1;
            yield word.toUpperCase();
          }
          return count;
        },
      }),
      mix: method({
        summary: 'Take turns with two streams',
        args: [arg('one', streamOf(z.int()), 'numbers'), arg('other', streamOf(z.int()), 'numbers')],
        returns: z.array(z.int()),
        run: async (one, other) => {
          const taken: number[] = [];
          const second = other[Symbol.asyncIterator]();
          for await (const number of one) {
            const next = await second.next();
            taken.push(number, ...(next.done === true ? [] : [next.value]));
          }
          return taken;
        },
      }),
      sum: method({
        summary: 'Ask the caller for numbers and add them',
        args: [arg('count', z.int(), 'how many'), arg('ask', callback([z.int()], z.number()), 'gives one')],
        returns: z.number(),
        run: async (count, ask) => {
          let sum = 0;
          for (let index = 0; index < count; index++) {
            sum += await ask(index);
          }
          return sum;
        },
      }),
      keep: method({
        summary: 'Keep a function beyond the call',
        args: [arg('ask', callback([z.int()], z.number()), 'a function')],
        returns: z.null(),
        run: (ask) => {
          kept = ask;
          return null;
        },
      }),
      callKept: method({
        summary: 'Call the function that was kept',
        returns: z.number(),
        run: async () => {
          if (kept === undefined) {
            throw coreError('ARGUMENT_MISSING', 'nothing was kept');
          }
          return kept(1);
        },
      }),
      node: method({
        summary: 'Hand out a node',
        args: [arg('name', z.string(), 'its name'), arg('ms', z.int().default(0), 'how long it takes')],
        returns: objectOf<Node>(),
        run: async (name, ms) => {
          await delay(ms);
          if (name === 'missing') {
            throw coreError('OBJECT_NOT_FOUND', 'no node "missing"');
          }
          return makeNode(name, notes);
        },
      }),
      nodes: method({
        summary: 'Hand out nodes among other things',
        args: [arg('names', z.array(z.string()), 'their names')],
        yields: z.object({ node: objectOf<Node>() }),
        returns: z.object({ count: z.int(), first: objectOf<Node>() }),
        run: async function* (names) {
          for (const name of names) {
            await Promise.resolve();
            yield { node: makeNode(name, notes) };
          }
          return { count: names.length, first: makeNode('first', notes) };
        },
      }),
      nameOf: method({
        summary: 'Take a node back',
        args: [arg('node', ownObject<Node>(), 'a node')],
        returns: z.string(),
        run: (node) => node.methods.name.summary,
      }),
      plain: method({ summary: 'Give no object', returns: z.int(), run: () => 1 }),
    },
  });
}

/** The workshop's methods, as a client sees them. */
export type Workshop = SignaturesOf<ReturnType<typeof makeWorkshop>>;
