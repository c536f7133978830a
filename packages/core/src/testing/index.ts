/**
 * Means of tests.
 *
 * @module @patchbay/core/testing
 */
export { FakeClock } from './fake-clock.js';
export { RecordingLog, type LogLine } from './recording-log.js';
export { eventually } from './eventually.js';
export { freePort } from './free-port.js';
export { refusal } from './refusal.js';
export { requireAll, requireTools, type SkippableContext } from './require-tools.js';
export { Scratch } from './scratch.js';
