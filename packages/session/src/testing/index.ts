/**
 * A sample object and frames of every kind, for tests of sessions and transports.
 *
 * @module @patchbay/session/testing
 */
export { anyFrame } from './any-frame.js';
export { type HostedSample, hostSample, makeSample, type Sample } from './sample.js';
