export { FakeClock } from './fake-clock.js';
export { RecordingLog, type LogLine } from './recording-log.js';
export { eventually } from './eventually.js';
