import { isFinalJobState, type JobState } from '@patchbay/objects';

import { hostPrefix } from '../records/keys.js';
import type { JobRecord } from '../records/tables.js';
import { hostsOf } from './limits.js';
import type { CellRecord, RunRecord } from './tables.js';

/** Returns the host of a job of a run. */
export function hostOf({ queue }: Pick<JobRecord, 'queue'>): string {
  return queue.slice(hostPrefix.length);
}

/** Returns what a run knows of one of its jobs. */
export function cellOf({ id, state, outcome, finishedAtMs }: JobRecord): CellRecord {
  const { code, reason, exit } = isFinalJobState(state) ? (outcome ?? {}) : {};
  return {
    ...{ job: id, state },
    ...(code === undefined ? {} : { code }),
    ...(reason === undefined ? {} : { reason }),
    ...(exit === undefined ? {} : { exit }),
    ...(finishedAtMs === undefined || !isFinalJobState(state) ? {} : { finishedAtMs }),
  };
}

/** A run that has not ended. */
export class LiveRun {
  record: RunRecord;
  readonly cells: Map<string, CellRecord>;
  /** The hosts whose jobs wait for a place, in the order in which they get one. */
  readonly gated = new Set<string>();
  /** Whether all of its jobs are made. */
  isMade: boolean;
  /** The balancing that goes on, and whether there is reason for another. */
  balancing: Promise<void> | undefined;
  isUnbalanced = false;

  constructor(record: RunRecord, cells: ReadonlyMap<string, CellRecord>, isMade: boolean) {
    this.record = record;
    this.cells = new Map(cells);
    this.isMade = isMade;
  }

  learn(job: JobRecord): void {
    const host = hostOf(job);
    this.cells.set(host, cellOf(job));
    if (job.state === 'waiting' && job.isGated === true) {
      this.gated.add(host);
    } else {
      this.gated.delete(host);
    }
  }

  get hasEnded(): boolean {
    return this.isMade && this.record.hosts.every((host) => isFinalJobState(this.stateOf(host)));
  }

  stateOf(host: string): JobState {
    return this.cells.get(host)?.state ?? 'waiting';
  }

  /** Who ends what has not begun: whoever cancelled the run, or the policy after so many failures. */
  get stoppedBy(): string | undefined {
    const { cancelledBy, policy, hosts } = this.record;
    if (cancelledBy !== undefined || policy.stopAfter === undefined) {
      return cancelledBy;
    }
    const failed = hosts.filter((host) => isFailure(this.stateOf(host))).length;
    return failed >= hostsOf(policy.stopAfter, hosts.length) ? 'stop-after' : undefined;
  }

  /** The hosts whose jobs end with the run: where somebody cancelled it, also those that have begun. */
  get stoppable(): readonly string[] {
    const isAll = this.record.cancelledBy !== undefined;
    return this.record.hosts.filter((host) => {
      const state = this.stateOf(host);
      return isAll ? !isFinalJobState(state) : ['waiting', 'queued', 'claimed'].includes(state);
    });
  }

  /** Returns the ids of the jobs of hosts. */
  jobsOf(hosts: readonly string[]): readonly string[] {
    return hosts.flatMap((host) => this.cells.get(host)?.job ?? []);
  }

  /**
   * Returns the hosts that get a place now: those that are away would keep it from the others, and get one when they are
   * back.
   */
  admissible(isOnline: (host: string) => boolean): readonly string[] {
    if (this.gated.size === 0) {
      return [];
    }
    const { policy, hosts } = this.record;
    const places = policy.atOnce === undefined ? hosts.length : hostsOf(policy.atOnce, hosts.length);
    const taken = hosts.filter((host) => {
      const state = this.stateOf(host);
      const isIdle = this.gated.has(host) || (state === 'queued' && !isOnline(host));
      return this.cells.has(host) && !isIdle && !isFinalJobState(state);
    }).length;
    const free = Math.max(0, places - taken);
    const admitted: string[] = [];
    for (const host of this.gated) {
      if (admitted.length === free) {
        break;
      }
      if (isOnline(host)) {
        admitted.push(host);
      }
    }
    return admitted;
  }
}

/** Reports whether a host of a run failed: a call that ended otherwise than well, or nobody knows how. */
function isFailure(state: JobState): boolean {
  return state === 'failed' || state === 'interrupted';
}
