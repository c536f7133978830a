/**
 * Serves calls over sessions.
 *
 * @module @patchbay/session/server
 */
export { ServerSession } from './server-session.js';
export { defaultSessionLimits, type SessionLimits, sessionLimits } from './session-limits.js';
export { type SessionOutput } from './session-options.js';
export { StallWatch } from './stall-watch.js';
