/**
 * Serves objects, and further services, over gRPC.
 *
 * @module @patchbay/grpc/server
 */
export type { Connection, HandledCall, Identify, RequesterOf } from './callers.js';
export type { ApiKeyOptions } from './key-access.js';
export { type GrpcService, ObjectServer, type ObjectServerOptions } from './object-server.js';

export { defaultSessionLimits, type GivenLimits, type SessionLimits } from '@patchbay/session/server';

// What the handlers of a further service need to call objects.
export { MessageReader } from '@patchbay/session';
export { remainingMs } from './call-stream.js';
export { StreamSink } from './stream-sink.js';
export type {
  handleBidiStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
