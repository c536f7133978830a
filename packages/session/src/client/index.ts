/**
 * Calls objects over sessions.
 *
 * @module @patchbay/session/client
 */
// Clients, and what their callers hold.
export type { ObjectClientOptions } from './client-options.js';
export { connectOver, type ConnectToOptions } from './connect-over.js';
export { ObjectClient } from './object-client.js';
export type { OneWayObject, RemoteObject } from './remote-object.js';
export type { StreamArgument } from './call-request.js';

// Many calls at once.
export type { Batch, BatchedCall, BatchedObject, BatchResults } from './batch.js';
export type { Settled } from './call-group.js';
export type { FanOutCall, FanOutObject, FanOutOptions, FanOutResult } from './fan-out.js';

// What a client is made of: its way to the servers, and one end of a session.
export { ClientSession } from './client-session.js';
export type { Keepalive } from '../keepalive.js';
export type { SessionProver, SessionSeen } from './session-prover.js';
export { defaultKeepalive } from './session-keepalive.js';
export { type Destination, destination } from './destination.js';
export {
  type MessageStream,
  type MessageStreamEvents,
  type Refusal,
  type Router,
  routeTo,
  type Transport,
} from './transport.js';

// A server as a client of the name server.
export { Registration, type RegistrationOptions } from './registration.js';
