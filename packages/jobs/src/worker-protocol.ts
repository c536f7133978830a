import { z } from 'zod';

import { jobId, jobOutcome } from '@patchbay/objects/define';
import type { JobView, MethodSignature } from '@patchbay/objects';

/** How long a worker's lease lasts: it asks at least each third of that, in milliseconds. */
export const workerLeaseMs = 45_000;

/** An attempt at a job: what a worker holds, and answers for. */
export const attempt = z.object({ id: jobId, attempt: z.int().positive() });
/** An attempt at a job. */
export type Attempt = z.infer<typeof attempt>;

/** What a host says of itself: shown to people, checked for platforms, and of no weight for who may do what. */
export const hostFacts = z.object({
  os: z.string().max(64),
  arch: z.string().max(64),
  version: z.string().max(64),
});
/** What a host says of itself. */
export type HostFacts = z.infer<typeof hostFacts>;

/** What a worker asks for: the one question of the protocol. */
export const workerRequest = {
  holding: z.array(attempt).max(1_000).default([]).describe('the attempts that it has'),
  free: z.int().min(0).max(1_000).default(0).describe('how many further ones it takes'),
  slots: z.int().min(0).max(1_000).default(4).describe('how many it makes at once'),
  waitMs: z
    .int()
    .min(0)
    .max(workerLeaseMs / 3)
    .default(0)
    .describe('how long to wait until there is something; 0: not at all'),
  only: z
    .array(jobId)
    .max(1_000)
    .optional()
    .describe('the jobs that it takes; default: whichever comes first'),
  facts: hostFacts.optional().describe('what it says of itself'),
};

/** An attempt that a worker is to make. */
export const assignment = attempt.extend({
  object: z.string(),
  method: z.string(),
  args: z.array(z.json()),
  /** The secret arguments, sealed to the host, by the paths of their values: `args[1].token`. */
  secrets: z.record(z.string(), z.string()).optional(),
  /** As whom the call is made; `local`, where it was submitted by the socket file, needs the machine of `jobs`. */
  caller: z.string(),
  comment: z.string().optional(),
  run: z.string().optional(),
  timeoutMs: z.union([z.int().positive(), z.literal('none')]).optional(),
  idempotent: z.boolean(),
});
/** An attempt that a worker is to make. */
export type Assignment = z.infer<typeof assignment>;

/** What a worker is to do. */
export const workerOrders = z.object({
  run: z.array(assignment),
  /** To be stopped, and answered for. */
  cancel: z.array(attempt),
  /** Not its own any more: to be stopped, and not answered for. */
  forget: z.array(attempt),
});
/** What a worker is to do. */
export type WorkerOrders = z.infer<typeof workerOrders>;

/** The options of `jobs.next`. */
export type WorkerRequest = z.input<z.ZodObject<typeof workerRequest>>;

/** How an attempt ended, as its worker says. */
export const attemptOutcome = jobOutcome.extend({
  state: z.enum(['succeeded', 'failed', 'cancelled', 'interrupted']),
});
/** How an attempt ended. */
export type AttemptOutcome = z.infer<typeof attemptOutcome>;

/**
 * The methods of `jobs` that workers call. A worker is known by its principal: its queue is `host:NAME`, and nobody else
 * may ask for it, or answer for what it holds.
 */
export interface WorkerMethods {
  /** Returns what to do, as soon as there is something or the time to wait passes; renews the worker's lease. */
  next: MethodSignature<[options: WorkerRequest], WorkerOrders>;
  /** Returns the jobs of the worker's queue that have not ended, at most 1,000, in the order in which they are claimed; claims none. */
  pending: MethodSignature<[], { readonly jobs: readonly JobView[] }>;
  /** Notes that an attempt begins; nothing may be done of it before. @throws RpcError `ATTEMPT_STALE` */
  start: MethodSignature<[id: string, attempt: number], null>;
  /** Takes frames of output from an offset on, and returns the offset that follows. @throws RpcError `ATTEMPT_STALE` */
  upload: MethodSignature<
    [id: string, attempt: number, from: number, frames: AsyncIterable<Uint8Array>],
    { readonly next: number }
  >;
  /** Notes how an attempt ended. The same outcome may be said again. @throws RpcError `ATTEMPT_STALE` */
  finish: MethodSignature<[id: string, attempt: number, outcome: AttemptOutcome], null>;
}
