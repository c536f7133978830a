/**
 * Calls objects over gRPC, by an HTTP/2 client of its own.
 *
 * @module @patchbay/grpc/client
 */
export { connectTo, grpcTransport } from './grpc-transport.js';
