import { isFinalJobState, type JobState, type RunView } from '@patchbay/objects';

import type { CellRecord, RunRecord } from './tables.js';

/** A host whose job is yet to be made. */
const waiting: CellRecord = { state: 'waiting' };

/** Returns a run as its readers see it. @param isOnline reports whether the agent of a host is heard of */
export function runViewOf(
  record: RunRecord,
  cells: ReadonlyMap<string, CellRecord>,
  isOnline: (host: string) => boolean,
): RunView {
  const { id, selector, object, method, args, policy, caller, comment, submittedAtMs, cancelledBy } = record;
  const known = record.hosts.map((host) => ({ host, cell: cells.get(host) ?? waiting }));
  const tally: Partial<Record<JobState, number>> = {};
  for (const { cell } of known) {
    tally[cell.state] = (tally[cell.state] ?? 0) + 1;
  }
  const hosts = known.map(({ host, cell: { job, state, code, reason, exit } }) => ({
    ...{ host, state, online: isOnline(host) },
    ...(job === undefined ? {} : { job }),
    ...(code === undefined ? {} : { code }),
    ...(reason === undefined ? {} : { reason }),
    ...(exit === undefined ? {} : { exit }),
  }));
  const hasEnded = known.every(({ cell }) => isFinalJobState(cell.state));
  const finishedAtMs = Math.max(...known.map(({ cell: { finishedAtMs = 0 } }) => finishedAtMs));
  return {
    ...{ id, selector, object, method, args, policy, caller, submittedAtMs, tally, hosts },
    ...(comment === undefined ? {} : { comment }),
    ...(cancelledBy === undefined ? {} : { cancelledBy }),
    ...(hasEnded ? { finishedAtMs } : {}),
  };
}
