/**
 * Serves objects, and further services, over gRPC.
 *
 * @module @patchbay/grpc/server
 */
export { type GrpcService, ObjectServer, type ObjectServerOptions } from './object-server.js';

// What the handlers of a further service need to call objects.
export { remainingMs } from './call-stream.js';
export { StreamSink } from './stream-sink.js';
export type {
  handleBidiStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
