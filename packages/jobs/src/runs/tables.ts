import { z } from 'zod';

import { jobStates } from '@patchbay/objects';
import { accessLevels, jobId, jobOutcome, jobPolicy } from '@patchbay/objects/define';

import type { Table } from '../records/tables.js';

const momentMs = z.int().nonnegative();

/** A call on many hosts. */
export const runRecord = z.object({
  id: jobId,
  /** As it was typed, and the hosts that it meant then, in the order in which they get their turns. */
  selector: z.string(),
  hosts: z.array(z.string()),
  object: z.string(),
  method: z.string(),
  /** As they were given, without what comes from the variables of hosts. */
  args: z.array(z.json()),
  policy: jobPolicy,
  idempotent: z.boolean(),
  access: z.enum(accessLevels),
  timeoutMs: z.union([z.int().positive(), z.literal('none')]).optional(),
  caller: z.string(),
  comment: z.string().optional(),
  submittedAtMs: momentMs,
  cancelledBy: z.string().optional(),
});
/** A call on many hosts. */
export type RunRecord = z.infer<typeof runRecord>;

/** A host of a run. */
export const cellRecord = z.object({
  /** The id of its job; absent where there was no room for one. */
  job: jobId.optional(),
  state: z.enum(jobStates),
  ...jobOutcome.pick({ code: true, reason: true, exit: true }).shape,
  finishedAtMs: momentMs.optional(),
  /** Where there is no job: what it would have been called with. */
  args: z.array(z.json()).optional(),
});
/** A host of a run. */
export type CellRecord = z.infer<typeof cellRecord>;

/** That the jobs of a run are still to be made: the arguments of hosts, where they are not those of the run. */
export const intentRecord = z.object({ args: z.record(z.string(), z.array(z.json())) });
/** That the jobs of a run are still to be made. */
export type IntentRecord = z.infer<typeof intentRecord>;

/** Runs by id. */
export const runs: Table<RunRecord> = { prefix: 'run/', schema: runRecord };
/** The hosts of runs, by `run/host`. */
export const cells: Table<CellRecord> = { prefix: 'cell/', schema: cellRecord };
/** Runs whose jobs are still to be made, by id. */
export const intents: Table<IntentRecord> = { prefix: 'run-intent/', schema: intentRecord };
/** Runs by `time/id`, the newest first. */
export const byTime: Table<''> = { prefix: 'run-by-time/', schema: z.literal('') };
