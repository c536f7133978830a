/**
 * Calls objects over gRPC, by an HTTP/2 client of its own.
 *
 * @module @patchbay/grpc/client
 */
export type { ChannelTrust } from '../describe.js';
export type { Dialled, DialFailure } from './dialled.js';
export { connectTo, grpcTransport, grpcTransportBy, type TcpDialer } from './grpc-transport.js';
export { KeyDialer } from './key-dialer.js';
