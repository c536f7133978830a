/**
 * Keeps a log of the calls that a daemon answers and makes, and shows it.
 *
 * @module @patchbay/calls
 */
export { CallLog, type CallLogOptions } from './call-log.js';
export { callLogError } from './errors.js';
export { callsName, type CallsObject, callsObject, nameServerCallsObject } from './object.js';
export type { CallFilter, CallPage } from './query.js';
export type { CallRecord, LoggedCall } from './record.js';
export { CallReporter, type ReportedCall, type SendReports } from './reports.js';
export { callsFormat } from './schema.js';
export { type CallLogSettings, callLogSettings } from './settings.js';
