/**
 * Carries calls over gRPC.
 *
 * @module @patchbay/core/wire
 */
export { type Batch, type BatchedCall, type BatchedObject, type BatchResults } from './client/batch.js';
export { type Settled } from './client/call-group.js';
export { type StreamedWord } from './client/call-request.js';
export { connectTo } from './client/direct-client.js';
export { type ObjectClientOptions } from './client/client-options.js';
export {
  type FanOutCall,
  type FanOutObject,
  type FanOutOptions,
  type FanOutResult,
} from './client/fan-out.js';
export { ObjectClient } from './client/object-client.js';
export { Registration, type RegistrationOptions } from './client/registration.js';
export { type OneWayObject, type RemoteObject } from './client/remote-object.js';
export { type Router } from './client/router.js';
export { connectInMemory, type InMemoryOptions } from './memory/connect-in-memory.js';
export { ObjectServer, type ObjectServerOptions } from './server/grpc-server.js';
export { defaultSessionLimits, type SessionLimits } from './server/session-limits.js';
