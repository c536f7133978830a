import { grpcTransport, grpcTransportBy } from '../client/index.js';
import type { Transport } from '@patchbay/session/client';

import { CurrentIdentity } from './identity.js';
import { TlsDialer } from './tls-dialer.js';
import type { Trust } from './trust.js';
import { UnverifiedDialer } from './unverified-dialer.js';

/** How a client connects. */
export interface SecureTransportOptions {
  /** Who it is and whom it trusts: an identity, whose changes it follows, or roots alone. */
  readonly identity: CurrentIdentity | Trust;
  /** Whether to dial without TLS nevertheless. Default: false. */
  readonly insecure?: boolean;
}

/** Returns what connects a client to its servers: over TLS, and by socket files without. */
export function secureTransport({ identity, insecure = false }: SecureTransportOptions): Transport {
  const dialer = identity instanceof CurrentIdentity ? identity.dialer : new TlsDialer(() => identity);
  return insecure ? grpcTransport : grpcTransportBy(dialer);
}

/** Returns what connects to servers of which nothing is known yet, over TLS, and proves nothing. Send no secret. */
export function unverifiedTransport(): Transport {
  return grpcTransportBy(new UnverifiedDialer());
}
