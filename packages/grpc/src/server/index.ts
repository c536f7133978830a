/**
 * Serves objects over gRPC.
 *
 * @module @patchbay/grpc/server
 */
export { type GrpcService, ObjectServer, type ObjectServerOptions } from './grpc-server.js';
export { remainingMs } from './remaining.js';
export { StreamSink } from './stream-sink.js';

// What the handlers of a further service are typed by.
export type {
  handleBidiStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
