import { type ApiKey, ApiKeyProver } from '@patchbay/objects';
import type { Transport } from '@patchbay/session/client';

import { grpcTransportBy, type TcpDialer } from './grpc-transport.js';
import { KeyDialer } from './key-dialer.js';

/** How a client with an API key connects. */
export interface ApiKeyTransportOptions {
  /** Dials over TCP. Default: over TLS, whoever issued the server's certificate. */
  readonly dialer?: TcpDialer | undefined;
  /** Whether to dial plain TCP. Default: false. */
  readonly insecure?: boolean;
}

/** Returns what connects to servers, each of which proves that it knows an API key, as the client does. */
export function apiKeyTransport(
  key: ApiKey,
  { dialer = new KeyDialer(), insecure = false }: ApiKeyTransportOptions = {},
): Transport {
  return grpcTransportBy(insecure ? undefined : dialer, new ApiKeyProver(key));
}
