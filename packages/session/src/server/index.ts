/**
 * Serves calls over sessions.
 *
 * @module @patchbay/session/server
 */
export { ServerSession, type ServerSessionOptions, type SessionOutput } from './server-session.js';
export { defaultSessionLimits, type SessionLimits, sessionLimits } from './session-limits.js';
export { StallWatch } from './stall-watch.js';
