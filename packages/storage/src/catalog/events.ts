import { z } from 'zod';

import { type Actor } from './actor.js';
import { images, nodes, schedules, snapshots, type Table, trash } from './tables.js';

/**
 * What happened to one thing: the state of its record before and after a commit. It is written by the same commit, so
 * that nothing happens without it, and it does not tell of what did not happen.
 */
export const eventRecord = z.object({
  atMs: z.int().nonnegative(),
  /** Such as `node:node7`, `image:ubuntu`, `snapshot:node7@s`, `schedule:node7/auto` or, in the trash, `disk:ID`. */
  thing: z.string(),
  /** The node that the thing is, or is of. */
  node: z.string().optional(),
  /** The state before; undefined: there was none. */
  was: z.string().optional(),
  /** The state after; undefined: it is gone. */
  state: z.string().optional(),
  diskId: z.string().optional(),
  movedFrom: z.string().optional(),
  by: z
    .object({
      method: z.string(),
      peer: z.string().optional(),
      callId: z.string().optional(),
      correlationId: z.string().optional(),
    })
    .optional(),
});
export type EventRecord = z.infer<typeof eventRecord>;

/** Events by their number, by `eventKey`; the numbers have no gaps. */
export const events: Table<EventRecord> = { prefix: 'event/', schema: eventRecord };

/** Gives an event's key: of fixed width, so that keys are in the order of the numbers. */
export function eventKey(revision: number): string {
  return String(revision).padStart(16, '0');
}

/** One write of a commit: the record before and after it. */
export interface Write {
  readonly table: Table<unknown>;
  readonly before: unknown;
  readonly after: unknown;
}

/** What an event tells of a record. */
type Told = Pick<EventRecord, 'thing' | 'node' | 'state' | 'diskId' | 'movedFrom'>;

/** How the records of a table are told of; a table that is not here is not told of. */
const tellers: ReadonlyMap<string, (record: unknown) => Told> = new Map([
  teller(images, ({ name, state }) => ({ thing: `image:${name}`, state })),
  teller(nodes, ({ node, state, disk, movedFrom }) => {
    return { thing: `node:${node}`, node, state, diskId: disk.id, movedFrom };
  }),
  teller(snapshots, ({ node, name, state, diskId }) => {
    return { thing: `snapshot:${node}@${name}`, node, state, diskId };
  }),
  teller(trash, ({ node, disk, state }) => ({ thing: `disk:${disk.id}`, node, state, diskId: disk.id })),
  teller(schedules, ({ node, name }) => ({ thing: `schedule:${node}/${name}`, node, state: 'scheduled' })),
]);

/** Says whether the records of a table are told of. */
export function isTold(table: Table<unknown>): boolean {
  return tellers.has(table.prefix);
}

/** Gives the event of a write; undefined where the state stays as it is. */
export function eventOf(
  { table, before, after }: Write,
  atMs: number,
  by: Actor | undefined,
): EventRecord | undefined {
  const tell = tellers.get(table.prefix);
  const was = before === undefined ? undefined : tell?.(before);
  const is = after === undefined ? undefined : tell?.(after);
  const told = is ?? was;
  if (told === undefined || was?.state === is?.state) {
    return undefined;
  }
  return { ...told, atMs, was: was?.state, state: is?.state, by };
}

function teller<T>(
  { prefix }: Table<T>,
  tell: (record: T) => Told,
): [prefix: string, (record: unknown) => Told] {
  // What a table's schema has parsed is of its type.
  return [prefix, (record) => tell(record as T)];
}
