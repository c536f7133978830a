/**
 * Calls objects over sessions.
 *
 * @module @patchbay/session/client
 */
export { Batch, type BatchedCall, type BatchedObject, type BatchResults } from './batch.js';
export { type Settled } from './call-group.js';
export { type StreamedWord } from './call-request.js';
export { type ObjectClientOptions } from './client-options.js';
export { ClientSession } from './client-session.js';
export { directClient, type DirectClientOptions } from './direct-client.js';
export { type FanOutCall, type FanOutObject, type FanOutOptions, type FanOutResult } from './fan-out.js';
export { ObjectClient } from './object-client.js';
export { Registration, type RegistrationOptions } from './registration.js';
export { type OneWayObject, type RemoteObject } from './remote-object.js';
export { type Router } from './router.js';
export { type MessageStreamEvents, type Transport } from './transport.js';
