import { ServerCredentials } from '@grpc/grpc-js';
import { constants } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';

import type { CurrentIdentity } from '../secure/identity.js';
import type { Identity } from '../secure/trust.js';

/** How long a client may take for its handshake, in milliseconds. */
export const handshakeMs = 10_000;

/**
 * Serves every address of TCP with the identity that is in force. Clients are asked for a certificate and may go without;
 * what it proves is decided for each connection. Sessions of TLS are never resumed: a resumed one would show no certificate.
 */
export class TlsCredentials extends ServerCredentials {
  readonly #stop: () => void;

  constructor(identity: CurrentIdentity) {
    super(
      { requestCert: true, rejectUnauthorized: false, handshakeTimeout: handshakeMs },
      optionsOf(identity.current),
    );
    this.#stop = identity.onChange((next) => {
      this.updateSecureContextOptions(optionsOf(next));
    });
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }

  /** Follows the identity no longer. */
  close(): void {
    this.#stop();
  }
}

function optionsOf({ certificate, privateKey, roots }: Identity): SecureContextOptions {
  return {
    cert: certificate,
    key: privateKey,
    ca: [...roots],
    minVersion: 'TLSv1.3',
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}
