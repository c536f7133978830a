import { isDeepStrictEqual } from 'node:util';

import type { Operation } from '@patchbay/store';

import { jobsError } from '../errors.js';
import { type JobRecord, putOf } from '../records/tables.js';
import { cellOf, hostOf } from './live-run.js';
import { cells, type RunRecord } from './tables.js';

/** A run to be made. */
export interface NewRun extends Omit<RunRecord, 'hosts' | 'submittedAtMs' | 'cancelledBy'> {
  readonly hosts: readonly string[];
  /** The arguments of hosts, where they are not those of the run. */
  readonly hostArgs?: ReadonlyMap<string, RunRecord['args']>;
}

/** Returns what is written of a run with each change of one of its jobs. */
export function alongside(job: JobRecord, before: JobRecord | undefined): readonly Operation[] {
  if (job.run === undefined) {
    return [];
  }
  const cell = cellOf(job);
  return before !== undefined && isDeepStrictEqual(cell, cellOf(before))
    ? []
    : [putOf(cells, `${job.run}/${hostOf(job)}`, cell)];
}

/** Returns the run that a call is already. @throws RpcError `JOB_EXISTS` where the id is another call's */
export function sameRun(record: RunRecord, call: Omit<NewRun, 'hosts' | 'hostArgs'>): RunRecord {
  const { id, selector, object, method, caller, args } = record;
  const isSame =
    selector === call.selector &&
    object === call.object &&
    method === call.method &&
    caller === call.caller &&
    isDeepStrictEqual(args, call.args);
  if (!isSame) {
    throw jobsError('JOB_EXISTS', `the id ${id} is that of another run; choose another`, { details: { id } });
  }
  return record;
}

/** Returns a run that nobody has cancelled. */
export function withoutCancel(record: RunRecord): RunRecord {
  const kept = { ...record };
  delete kept.cancelledBy;
  return kept;
}
