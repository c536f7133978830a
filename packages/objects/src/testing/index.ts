/**
 * Helpers for tests.
 *
 * @module @patchbay/objects/testing
 */
export { collectGarbage } from '../collect-garbage.js';
export { eventually } from './eventually.js';
export { FakeClock } from './fake-clock.js';
export { freePort } from './free-port.js';
export { RecordingLog, type LogLine } from './recording-log.js';
export { refusal, refusalOf } from './refusal.js';
export { requireAll, requireTools, type SkippableContext } from './require-tools.js';
export { Scratch } from './scratch.js';
export { type DiskTrouble, diskTroubles, SmallDisk } from './small-disk.js';
