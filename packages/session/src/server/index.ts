/**
 * Serves calls over sessions.
 *
 * @module @patchbay/session/server
 */
export { FrameGate } from './frame-gate.js';
export { ServerSession, type ServerSessionOptions, type SessionOutput } from './server-session.js';
export type { ClientProof, SessionVerifier } from './session-greeting.js';
export type { Keepalive } from '../keepalive.js';
export {
  callsExhausted,
  defaultSessionLimits,
  type GivenLimits,
  type SessionLimits,
  sessionLimits,
} from './session-limits.js';
export { StallWatch } from './stall-watch.js';
