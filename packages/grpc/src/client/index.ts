/**
 * Calls objects over gRPC, by an HTTP/2 client of its own.
 *
 * @module @patchbay/grpc/client
 */
export { apiKeyTransport, type ApiKeyTransportOptions } from './api-key-transport.js';
export type { ChannelTrust } from '../describe.js';
export type { Dialled, DialFailure } from './dialled.js';
export {
  clientTransport,
  type ClientTransportOptions,
  connectTo,
  grpcTransport,
  grpcTransportBy,
  healthOf,
  type TcpDialer,
} from './grpc-transport.js';
export { plainAnswer } from './unproven-dialer.js';
export type { Health } from '../health-at.js';
