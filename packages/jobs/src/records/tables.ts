import { z } from 'zod';

import { jobStates } from '@patchbay/objects';
import { accessLevels, jobId, jobOutcome, jobPolicy } from '@patchbay/objects/define';
import type { Operation } from '@patchbay/store';

import { hostFacts } from '../worker-protocol.js';

/** A kind of record: the prefix of its keys, and the schema that its values are checked by. */
export interface Table<T> {
  readonly prefix: string;
  readonly schema: z.ZodType<T>;
}

const momentMs = z.int().nonnegative();
const timeLimit = z.union([z.int().positive(), z.literal('none')]);

/** A call that is kept. */
export const jobRecord = z.object({
  id: jobId,
  object: z.string(),
  method: z.string(),
  /** Secret values are masked; what they are stands in `secrets`. */
  args: z.array(z.json()),
  /** Secret values, sealed, by their paths; erased when the job is final. */
  secrets: z.record(z.string(), z.string()).optional(),
  /** Whether it has secrets, or had. */
  isSecret: z.boolean().optional(),
  /** `host:NAME` or `object:NAME`. */
  queue: z.string(),
  /** As it was asked for. */
  policy: jobPolicy,
  /** What the method says of itself. */
  idempotent: z.boolean(),
  access: z.enum(accessLevels),
  timeoutMs: timeLimit.optional(),
  /** The principal as whom it is called. */
  caller: z.string(),
  comment: z.string().optional(),
  run: jobId.optional(),
  state: z.enum(jobStates),
  attempt: z.int().nonnegative(),
  /** The last attempt whose outcome was accepted. */
  answered: z.int().positive().optional(),
  /** How many attempts failed or were lost since somebody asked for the job. */
  failures: z.int().nonnegative(),
  /** The order among the jobs of its queue and priority. */
  seq: z.int().nonnegative(),
  worker: z.string().optional(),
  submittedAtMs: momentMs,
  /** When it expires, unless a worker has it. */
  expiresAtMs: momentMs,
  /** Before that it waits. */
  readyAtMs: momentMs.optional(),
  /** Whether it waits for a place in its run. */
  isGated: z.boolean().optional(),
  queuedAtMs: momentMs.optional(),
  startedAtMs: momentMs.optional(),
  lostAtMs: momentMs.optional(),
  finishedAtMs: momentMs.optional(),
  /** Whether its time limit passed and its worker was told to stop it. */
  isOverdue: z.boolean().optional(),
  cancelledBy: z.string().optional(),
  resolvedBy: z.string().optional(),
  outcome: jobOutcome.optional(),
});
/** A call that is kept. */
export type JobRecord = z.infer<typeof jobRecord>;

/** Who asks for jobs of a queue, as it was seen last; written when that changed, not each time that it asks. */
export const workerRecord = z.object({
  slots: z.int().nonnegative(),
  facts: hostFacts.optional(),
  firstSeenAtMs: momentMs,
  lastSeenAtMs: momentMs,
});
/** Who asks for jobs of a queue. */
export type WorkerRecord = z.infer<typeof workerRecord>;

/** An index has keys alone. */
const nothing = z.literal('');

/** Jobs by id. */
export const jobs: Table<JobRecord> = { prefix: 'job/', schema: jobRecord };
/** The order in which jobs are claimed, by `queue/priority/seq/id`. */
export const ready: Table<''> = { prefix: 'ready/', schema: nothing };
/** The attempt that a worker has, by `worker/id`; hangs on the worker's lease. */
export const held: Table<number> = { prefix: 'held/', schema: z.int().positive() };
/** What the clock changes, by `time/id`. */
export const due: Table<''> = { prefix: 'due/', schema: nothing };
/** Workers by name. */
export const workers: Table<WorkerRecord> = { prefix: 'worker/', schema: workerRecord };
/** Workers that are heard of, by name; hangs on the worker's lease. */
export const online: Table<''> = { prefix: 'online/', schema: nothing };
/** Jobs by `state/time/id`, the newest first. */
export const byState: Table<''> = { prefix: 'by-state/', schema: nothing };
/** Jobs of hosts' queues, by `host/time/id`, the newest first. */
export const byHost: Table<''> = { prefix: 'by-host/', schema: nothing };
/** Jobs by `object.method/time/id`, the newest first. */
export const byCall: Table<''> = { prefix: 'by-call/', schema: nothing };

/** Returns the operation that writes a record. */
export function putOf<T>(table: Table<T>, key: string, value: T, leaseId?: string): Operation {
  return { put: table.prefix + key, value: JSON.stringify(value), leaseId };
}

/** Reads a record's value. @throws Error when it is not one of the table's */
export function parse<T>(table: Table<T>, key: string, value: string): T {
  try {
    return table.schema.parse(JSON.parse(value));
  } catch (error) {
    throw new Error(`the record "${key}" of jobs is not valid`, { cause: error });
  }
}
