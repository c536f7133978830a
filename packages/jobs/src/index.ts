/**
 * Keeps calls: the object `jobs`, and the agent of a host that makes them there.
 *
 * @module @patchbay/jobs
 */
export { jobsError } from './errors.js';
export * from './worker-protocol.js';
