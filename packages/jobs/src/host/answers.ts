import { z } from 'zod';

import { jobId, jobOutcome, jobView } from '@patchbay/objects/define';

import { hostFacts } from '../worker-protocol.js';

const running = z.strictObject({
  id: jobId,
  attempt: z.int().positive(),
  run: jobId.optional(),
  object: z.string(),
  method: z.string(),
  caller: z.string(),
  startedAt: z.iso.datetime(),
});

/** The schema of what a running agent writes of itself: `status.json` in its state directory. */
export const agentState = z.strictObject({
  pid: z.int().positive(),
  host: z.string(),
  nameServer: z.string(),
  /** Whether `jobs` answers; `unknown` until it was asked. */
  connection: z.enum(['connected', 'lost', 'unknown']),
  /** Why it is lost. */
  why: z.string().optional(),
  slots: z.int().positive(),
  running: z.array(running),
  /** How many jobs have ended whose outcome `jobs` has not taken yet. */
  unreported: z.int().nonnegative(),
  writtenAt: z.iso.datetime(),
});
/** What a running agent writes of itself. */
export type AgentState = z.infer<typeof agentState>;

/** The schema of what `patchbay-host status` prints. */
export const hostStatus = agentState.partial({ pid: true, writtenAt: true }).extend({
  agent: z.enum(['running', 'stopped']),
  groups: z.array(z.string()),
  /** Why the connection is lost, or the groups are not known. */
  why: z.string().optional(),
});
/** What `patchbay-host status` prints. */
export type HostStatus = z.infer<typeof hostStatus>;

/** The schema of a job that `patchbay-host list` prints. */
export const listedJob = jobView
  .pick({ id: true, run: true, state: true, attempt: true, caller: true, note: true })
  .extend({
    submittedAt: z.iso.datetime(),
    /** What makes the same call: the words after `rpcclient`. */
    command: z.string(),
  });
/** A job that `patchbay-host list` prints. */
export type ListedJob = z.infer<typeof listedJob>;

/** The schema of a job that `patchbay-host run`, `once` and `monitor` print. */
export const madeJob = jobOutcome.extend({
  id: jobId,
  run: jobId.optional(),
  command: z.string(),
  state: z.enum(['succeeded', 'failed', 'cancelled', 'interrupted']),
});
/** A job that was made. */
export type MadeJob = z.infer<typeof madeJob>;

/** The schema of what `patchbay-host register` prints. */
export const registeredHost = z.strictObject({
  host: z.string(),
  nameServer: z.string(),
  slots: z.int().positive(),
  facts: hostFacts,
});
/** What `patchbay-host register` prints. */
export type RegisteredHost = z.infer<typeof registeredHost>;
