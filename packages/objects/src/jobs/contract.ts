import { z } from 'zod';

import { codes } from '../errors/code.js';
import type { MethodSignature } from '../object/definition.js';
import { jobPolicy, type JobPolicy } from './policy.js';
import { finalJobStates, type JobState, jobStates } from './states.js';

/** The schema of the id of a job or a run, which its client makes, so that submitting is idempotent. */
export const jobId = z
  .string()
  .max(128)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._@:+-]*$/);

/** The schema of a `JobOutcome`. */
export const jobOutcome = z.object({
  state: z.enum(finalJobStates),
  /** What the call returned, where it succeeded. */
  result: z.json().optional(),
  code: z.enum(codes).optional(),
  reason: z.string().optional(),
  message: z.string().optional(),
  details: z.record(z.string(), z.json()).optional(),
  /** The exit status of a program, where one ran. */
  exit: z.int().optional(),
  /** Who cancelled or resolved it. */
  by: z.string().optional(),
});
/** How a job ended. */
export type JobOutcome = z.infer<typeof jobOutcome>;

const momentMs = z.int().nonnegative();

/** The schema of a `JobView`. */
export const jobView = z.object({
  id: jobId,
  object: z.string(),
  method: z.string(),
  /** Its arguments; secret ones are `***`. */
  args: z.array(z.json()),
  state: z.enum(jobStates),
  /** `host:NAME`, or `object:NAME`. */
  queue: z.string(),
  policy: jobPolicy,
  /** How often it was begun, or claimed to be. */
  attempt: z.int().nonnegative(),
  /** Who has it, or had it last: `host:NAME`. */
  worker: z.string().optional(),
  /** As whom it is called. */
  caller: z.string(),
  /** The comment that came with it, such as a ticket. */
  comment: z.string().optional(),
  run: z.string().optional(),
  submittedAtMs: momentMs,
  queuedAtMs: momentMs.optional(),
  startedAtMs: momentMs.optional(),
  finishedAtMs: momentMs.optional(),
  /** When it leaves its state by the clock. */
  dueAtMs: momentMs.optional(),
  /** Who asked for its end, while its worker is not done. */
  cancelledBy: z.string().optional(),
  /** Who said that nothing is to be done about its failure any more. */
  resolvedBy: z.string().optional(),
  outcome: jobOutcome.optional(),
  /** One sentence for people on what it waits for, such as a host that is away. */
  note: z.string().optional(),
});
/** A job, as its readers see it. */
export type JobView = z.infer<typeof jobView>;

/** The schema of a `JobReceipt`. */
export const jobReceipt = z.object({
  /** The id of the job, or of the run. */
  id: jobId,
  kind: z.enum(['job', 'run']),
  state: z.enum(jobStates),
  /** The hosts of a run. */
  hosts: z.array(z.string()).optional(),
  /** Those of them that are away. */
  away: z.array(z.string()).optional(),
  /** One sentence for people, such as that nobody serves the queue. */
  note: z.string().optional(),
});
/** What submitting a call returns. */
export type JobReceipt = z.infer<typeof jobReceipt>;

/** The schema of a `RunView`. */
export const runView = z.object({
  id: jobId,
  /** The selector as it was typed. */
  selector: z.string(),
  object: z.string(),
  method: z.string(),
  args: z.array(z.json()),
  policy: jobPolicy,
  caller: z.string(),
  comment: z.string().optional(),
  submittedAtMs: momentMs,
  finishedAtMs: momentMs.optional(),
  cancelledBy: z.string().optional(),
  /** How many hosts are in each state. */
  tally: z.partialRecord(z.enum(jobStates), z.int().positive()),
  hosts: z.array(
    z.object({
      host: z.string(),
      job: jobId.optional(),
      state: z.enum(jobStates),
      code: z.string().optional(),
      reason: z.string().optional(),
      exit: z.int().optional(),
      online: z.boolean().optional(),
    }),
  ),
});
/** A run: one call on many hosts. */
export type RunView = z.infer<typeof runView>;

/** The schema of an `OutputChunk`. */
export const outputChunk = z.object({
  stream: z.enum(['out', 'err']),
  /** Since the attempt began. */
  atMs: z.int().nonnegative(),
  bytes: z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'must be bytes'),
  /** Where the next chunk begins: what `from` continues at. */
  next: z.int().nonnegative(),
  /** Which attempt wrote it: offsets are those of one attempt's output. */
  attempt: z.int().positive().optional(),
});
/** A piece of a job's output. */
export type OutputChunk = z.infer<typeof outputChunk>;

/** The methods of `jobs` that `rpcclient` and its library call; declared here, as neither side may import the other. */
export interface JobsMethods {
  /**
   * Keeps a call, to be made later, elsewhere, or again if it fails. The same id with the same call is the same job.
   *
   * @throws RpcError `JOB_EXISTS`, `JOB_ARGUMENT_LIVE`, `JOB_RESULT_SECRET`, `POLICY_INVALID`, `SELECTOR_INVALID`, `SELECTOR_EMPTY`,
   *   `HOST_UNKNOWN`, `QUEUE_FULL`, `CALLER_REFUSED`
   */
  submit: MethodSignature<
    [
      object: string,
      method: string,
      args: readonly unknown[],
      options?: JobPolicy & {
        readonly id?: string;
        /** A selector of hosts. */
        readonly on?: string;
        readonly comment?: string;
      },
    ],
    JobReceipt
  >;
  /** @throws RpcError `JOB_NOT_FOUND` */
  show: MethodSignature<[id: string], JobView>;
  /** Yields a job as it is now, then each time that it changes; returns it when it is final. @throws RpcError `JOB_NOT_FOUND` */
  watch: MethodSignature<[id: string], JobView, JobView>;
  /** @throws RpcError `RUN_NOT_FOUND` */
  show_run: MethodSignature<[id: string], RunView>;
  /** Yields a run as it is now, then as it changes; returns it when all of its hosts have ended. @throws RpcError `RUN_NOT_FOUND` */
  watch_run: MethodSignature<[id: string], RunView, RunView>;
  /** Asks for the end of a job or a run. @throws RpcError `JOB_NOT_FOUND`, `JOB_FINISHED` */
  cancel: MethodSignature<[id: string], { readonly state: JobState }>;
  /** Yields what a job wrote, from an offset on; with `follow`, until it has ended. @throws RpcError `JOB_NOT_FOUND`, `OUTPUT_GONE` */
  output: MethodSignature<
    [
      id: string,
      options?: {
        readonly from?: number;
        readonly follow?: boolean;
        readonly stream?: 'out' | 'err';
        /** Only the lines that have this text. */
        readonly find?: string;
        /** Which attempt; with `follow` those after it, too. Default: the last. */
        readonly attempt?: number;
      },
    ],
    { readonly next: number; readonly bytes: number },
    OutputChunk
  >;
}
