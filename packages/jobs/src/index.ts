/**
 * Keeps calls: the object `jobs`, which an RPC server hosts, and what the agents of hosts ask it.
 *
 * @module @patchbay/jobs
 */
export { createJobs as default, type Jobs } from './object/create-jobs.js';
export { jobsError } from './errors.js';
export { checkOptions, type JobsOptions, jobsOptions } from './object/options.js';
export * from './worker-protocol.js';
