import { isRpcError } from '@patchbay/objects';

import { nodes, type ScheduleRecord, schedules, snapshotKey } from '../catalog/tables.js';
import { snapshotName, type SnapshotName } from '../names.js';
import { Snapshots, type SnapshotServices } from '../provision/snapshots.js';
import { nextTime } from './cron.js';

/** The longest pause, in milliseconds: a new schedule may be due before all others. */
const maxPauseMs = 5000;
/** How far the wall clock has moved against the monotonic one when it was set, in milliseconds. */
const clockSetMs = 60_000;

/**
 * Takes the snapshots that are due, and deletes those that their schedules no longer keep. A schedule records when it is
 * due next, so that any number of missed times is caught up once. A snapshot that fails because the node is busy or
 * something is unavailable is retried soon; after any other failure the schedule waits for its next time.
 */
export class Scheduler {
  readonly #services: SnapshotServices;
  readonly #snapshots: Snapshots;
  #nextAtMs = 0;
  /** The wall clock less the monotonic one, at the last run. */
  #wallOffsetMs = -Infinity;

  constructor(services: SnapshotServices) {
    this.#services = services;
    this.#snapshots = new Snapshots(services);
  }

  /** How long until the next run, in milliseconds. */
  get pauseMs(): number {
    return Math.max(0, Math.min(maxPauseMs, this.#nextAtMs - this.#services.clock.now()));
  }

  async run(signal: AbortSignal): Promise<void> {
    const { catalog, clock } = this.#services;
    const wallOffsetMs = clock.now() - clock.monotonicMs();
    if (Math.abs(wallOffsetMs - this.#wallOffsetMs) > clockSetMs) {
      await this.#bringForward();
    }
    this.#wallOffsetMs = wallOffsetMs;
    for (const { value } of await catalog.list(schedules)) {
      if (value.nextAtMs <= clock.now() && !signal.aborted) {
        await this.#runOne(value, signal);
      }
    }
    const times = (await catalog.list(schedules)).map(({ value }) => value.nextAtMs);
    // What is still due is retried after the longest pause, not at once.
    const ahead = times.map((atMs) => (atMs <= clock.now() ? clock.now() + maxPauseMs : atMs));
    this.#nextAtMs = Math.min(...ahead, clock.now() + maxPauseMs);
  }

  /** Computes times anew that a wall clock which was ahead has put too far off. */
  async #bringForward(): Promise<void> {
    const { catalog, log } = this.#services;
    for (const { value } of await catalog.list(schedules)) {
      const nextAtMs = await this.#nextTime(value);
      if (nextAtMs !== undefined && value.nextAtMs > nextAtMs) {
        log.warn('a schedule was due too late, as the clock had been ahead', {
          node: value.node,
          schedule: value.name,
          wasDueAt: new Date(value.nextAtMs).toISOString(),
        });
        await this.#advance(value, { lastAtMs: value.lastAtMs, lastError: value.lastError }, true);
      }
    }
  }

  /**
   * Returns the next time of a schedule. That of another version may not be understood here, or its time zone not be
   * known: that is its error then, and no other schedule's.
   */
  async #nextTime(schedule: ScheduleRecord): Promise<number | undefined> {
    try {
      return nextTime(schedule, this.#services.clock.now());
    } catch (error) {
      await this.#fail(schedule, error, false);
      return undefined;
    }
  }

  async #runOne(schedule: ScheduleRecord, signal: AbortSignal): Promise<void> {
    const { catalog, clock } = this.#services;
    const { node, name } = schedule;
    if ((await this.#nextTime(schedule)) === undefined) {
      return;
    }
    try {
      // The disk of a detached node does not change.
      const isPaused = (await catalog.get(nodes, node))?.state === 'detached';
      if (!isPaused) {
        await this.#snapshots.create(node, snapshotNameOf(schedule), signal, name);
        await this.#retain(schedule, signal);
      }
      const lastAtMs = isPaused ? schedule.lastAtMs : clock.now();
      await this.#advance(schedule, { lastAtMs, lastError: undefined }, true);
    } catch (error) {
      if (signal.aborted) {
        return; // caught up after the next start
      }
      const isBrief = isRpcError(error) && (error.code === 'ABORTED' || error.code === 'UNAVAILABLE');
      await this.#fail(schedule, error, !isBrief);
    }
  }

  /** Records why a schedule failed, and logs it unless it is why it failed before. */
  async #fail(schedule: ScheduleRecord, error: unknown, moveOn: boolean): Promise<void> {
    const { node, name, lastAtMs } = schedule;
    const lastError = isRpcError(error) ? error.message : 'failed unexpectedly; the server logged it';
    const isNew = lastError !== schedule.lastError;
    if (isNew) {
      this.#services.log.warn('a scheduled snapshot failed', { node, schedule: name, error });
    }
    if (isNew || moveOn) {
      await this.#advance(schedule, { lastAtMs, lastError }, moveOn);
    }
  }

  async #advance(
    { node, name, cron, zone }: ScheduleRecord,
    ran: Pick<ScheduleRecord, 'lastAtMs' | 'lastError'>,
    moveOn: boolean,
  ): Promise<void> {
    const { catalog, clock } = this.#services;
    await catalog.transact(async (tx) => {
      const record = await tx.get(schedules, snapshotKey(node, name));
      // It may have been removed or replaced meanwhile.
      if (record?.cron === cron && record.zone === zone) {
        const nextAtMs = moveOn ? nextTime(record, clock.now()) : record.nextAtMs;
        tx.put(schedules, snapshotKey(node, name), { ...record, ...ran, nextAtMs });
      }
    });
  }

  /** Deletes the schedule's oldest snapshots, except those that a disk is a clone of. */
  async #retain({ node, name, keep }: ScheduleRecord, signal: AbortSignal): Promise<void> {
    const { catalog } = this.#services;
    const taken = (await this.#snapshots.list(node)).filter(({ schedule }) => schedule === name);
    const sources = new Set((await catalog.list(nodes)).map(({ value }) => value.disk.snapshot?.id));
    for (const { name: oldest } of taken.slice(0, -keep).filter(({ id }) => !sources.has(id))) {
      await this.#snapshots.delete(node, oldest, signal);
    }
  }
}

/** Names a snapshot by the time it was due, so that a run that is interrupted and repeated takes the same one. */
function snapshotNameOf({ name, nextAtMs }: ScheduleRecord): SnapshotName {
  const stamp = new Date(nextAtMs).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return snapshotName.parse(`${name}-${stamp}`);
}
