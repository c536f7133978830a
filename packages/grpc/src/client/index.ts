/**
 * Carries sessions to servers over HTTP/2.
 *
 * @module @patchbay/grpc/client
 */
export { connectTo } from './direct-client.js';
export { grpcTransport } from './grpc-transport.js';
