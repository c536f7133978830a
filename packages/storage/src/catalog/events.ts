import { z } from 'zod';

import { type Actor, actor } from './actor.js';
import { alerts, images, nodes, schedules, snapshots, type Table, trash } from './tables.js';

/** What happened to one resource: the state of its record before and after a commit, which writes the event as well. */
export const eventRecord = z.object({
  atMs: z.int().nonnegative(),
  /**
   * Such as `node:node7`, `image:ubuntu`, `snapshot:node7@s`, `schedule:node7/auto`, `alert:node7/session-conflict` or,
   * in the trash, `disk:ID`.
   */
  thing: z.string(),
  /** The node that the resource is, or belongs to. */
  node: z.string().optional(),
  /** The state before; undefined: there was none. */
  was: z.string().optional(),
  /** The state after; undefined: it is gone. */
  state: z.string().optional(),
  diskId: z.string().optional(),
  movedFrom: z.string().optional(),
  by: actor.optional(),
});
export type EventRecord = z.infer<typeof eventRecord>;

/** Events by their number, by `eventKey`; the numbers have no gaps. */
export const events: Table<EventRecord> = { prefix: 'event/', schema: eventRecord };

/** Returns an event's key: of fixed width, so that keys are in the order of the numbers. */
export function eventKey(revision: number): string {
  return String(revision).padStart(16, '0');
}

/** One write of a commit: the record before and after it. */
export interface Write {
  readonly table: Table<unknown>;
  readonly before: unknown;
  readonly after: unknown;
}

/** The part of an event that comes from a record. */
type Described = Pick<EventRecord, 'thing' | 'node' | 'state' | 'diskId' | 'movedFrom'>;

/** How the records of a table are described in events; changes of a table that is not here are no events. */
const descriptions: ReadonlyMap<string, (record: unknown) => Described> = new Map([
  describedBy(images, ({ name, state }) => ({ thing: `image:${name}`, state })),
  describedBy(nodes, ({ node, state, disk, movedFrom }) => {
    return { thing: `node:${node}`, node, state, diskId: disk.id, movedFrom };
  }),
  describedBy(snapshots, ({ node, name, state, diskId }) => {
    return { thing: `snapshot:${node}@${name}`, node, state, diskId };
  }),
  describedBy(trash, ({ node, disk, state }) => ({ thing: `disk:${disk.id}`, node, state, diskId: disk.id })),
  describedBy(schedules, ({ node, name }) => ({
    thing: `schedule:${node}/${name}`,
    node,
    state: 'scheduled',
  })),
  describedBy(alerts, ({ node, kind }) => ({ thing: `alert:${node}/${kind}`, node, state: 'raised' })),
]);

/** Reports whether changes of a table's records are events. */
export function isRecorded(table: Table<unknown>): boolean {
  return descriptions.has(table.prefix);
}

/** Returns the event of a write; undefined where the state stays as it is. */
export function eventOf(
  { table, before, after }: Write,
  atMs: number,
  by: Actor | undefined,
): EventRecord | undefined {
  const describe = descriptions.get(table.prefix);
  const was = before === undefined ? undefined : describe?.(before);
  const is = after === undefined ? undefined : describe?.(after);
  const described = is ?? was;
  if (described === undefined || was?.state === is?.state) {
    return undefined;
  }
  return { ...described, atMs, was: was?.state, state: is?.state, by };
}

function describedBy<T>(
  { prefix }: Table<T>,
  describe: (record: T) => Described,
): [prefix: string, (record: unknown) => Described] {
  // What a table's schema has parsed is of its type.
  return [prefix, (record) => describe(record as T)];
}
