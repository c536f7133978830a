import { isRpcError } from '@patchbay/core';

import {
  nodes,
  type ScheduleRecord,
  schedules,
  snapshotKey,
  type SnapshotRecord,
} from '../catalog/tables.js';
import { snapshotName } from '../names.js';
import { Snapshots, type SnapshotServices } from '../provision/snapshots.js';
import { nextTime } from './cron.js';

/** How long the scheduler rests at most, in milliseconds: a schedule that is new may be due sooner than all others. */
const longestPauseMs = 5000;

/**
 * Takes the snapshots that are due, and deletes those that their schedules no longer keep. A schedule remembers when it
 * is due next; so a time that was missed, once or often, is caught up once. What does not succeed because the node is
 * busy or something is away is tried again soon, everything else at the next time.
 */
export class Scheduler {
  readonly #parts: SnapshotServices;
  readonly #snapshots: Snapshots;
  #nextAtMs = 0;

  constructor(parts: SnapshotServices) {
    this.#parts = parts;
    this.#snapshots = new Snapshots(parts);
  }

  /** How long there is nothing to do, in milliseconds. */
  get pauseMs(): number {
    return Math.max(0, Math.min(longestPauseMs, this.#nextAtMs - this.#parts.clock.now()));
  }

  /** Takes and deletes what is due now. */
  async run(signal: AbortSignal): Promise<void> {
    const { catalog, clock } = this.#parts;
    for (const { value } of await catalog.list(schedules)) {
      if (value.nextAtMs <= clock.now() && !signal.aborted) {
        await this.#runOne(value, signal);
      }
    }
    const times = (await catalog.list(schedules)).map(({ value }) => value.nextAtMs);
    // What is still due is tried again when the longest pause is over, not at once.
    const ahead = times.map((atMs) => (atMs <= clock.now() ? clock.now() + longestPauseMs : atMs));
    this.#nextAtMs = Math.min(...ahead, clock.now() + longestPauseMs);
  }

  async #runOne(schedule: ScheduleRecord, signal: AbortSignal): Promise<void> {
    const { catalog, clock, log } = this.#parts;
    const { node, name } = schedule;
    try {
      // The disk of a node that was detached does not change.
      const isResting = (await catalog.get(nodes, node))?.state === 'detached';
      if (!isResting) {
        await this.#snapshots.create(node, snapshotNameOf(schedule), signal, name);
        await this.#retain(schedule, signal);
      }
      const lastAtMs = isResting ? schedule.lastAtMs : clock.now();
      await this.#advance(schedule, { lastAtMs, lastError: undefined, moveOn: true });
    } catch (error) {
      if (signal.aborted) {
        return; // the next scheduler catches up
      }
      const lastError = isRpcError(error) ? error.message : 'failed unexpectedly; the server logged it';
      if (lastError !== schedule.lastError) {
        log.warn('a schedule of snapshots could not be kept', { node, schedule: name, error });
      }
      const moveOn = !(isRpcError(error) && (error.code === 'ABORTED' || error.code === 'UNAVAILABLE'));
      await this.#advance(schedule, { lastAtMs: schedule.lastAtMs, lastError, moveOn });
    }
  }

  async #advance(
    { node, name, cron }: ScheduleRecord,
    ran: Pick<ScheduleRecord, 'lastAtMs' | 'lastError'> & { readonly moveOn: boolean },
  ): Promise<void> {
    const { catalog, clock } = this.#parts;
    const { lastAtMs, lastError, moveOn } = ran;
    await catalog.transact(async (tx) => {
      const record = await tx.get(schedules, snapshotKey(node, name));
      // It may have been ended, or made anew, meanwhile.
      if (record?.cron === cron) {
        const nextAtMs = moveOn ? nextTime(cron, clock) : record.nextAtMs;
        tx.put(schedules, snapshotKey(node, name), { ...record, nextAtMs, lastAtMs, lastError });
      }
    });
  }

  /** Deletes the schedule's oldest snapshots, but none that a disk is a clone of. */
  async #retain({ node, name, keep }: ScheduleRecord, signal: AbortSignal): Promise<void> {
    const { catalog } = this.#parts;
    const taken = (await this.#snapshots.list(node)).filter(({ schedule }) => schedule === name);
    const sources = new Set((await catalog.list(nodes)).map(({ value }) => value.disk.snapshot?.id));
    for (const { name: oldest } of taken.slice(0, -keep).filter(({ id }) => !sources.has(id))) {
      await this.#snapshots.delete(node, oldest, signal);
    }
  }
}

/** Names a snapshot by the time that it was due, so that a run that was cut short and begins again is the same. */
function snapshotNameOf({ name, nextAtMs }: ScheduleRecord): SnapshotRecord['name'] {
  const stamp = new Date(nextAtMs).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return snapshotName.parse(`${name}-${stamp}`);
}
