import { connect } from 'node:tls';

import { coreError, parseTcpAddress, quoted, systemErrorText } from '@patchbay/objects';
import type { SpiffeId } from '@patchbay/objects/identity';

import { spiffeIdIn, timeOf } from './certificate.js';
import type { Trust } from './trust.js';

/** Who answers at an address over TLS. */
export interface ProbedServer {
  /** Whose its certificate says that it is; undefined where that is nobody of a cluster. */
  readonly id: SpiffeId | undefined;
  /** Who issued the certificate, escaped: a text of a stranger's. */
  readonly issuer: string;
  /** From when on it counts, in milliseconds since the Unix epoch. */
  readonly beginsAtMs: number;
  /** Until when. */
  readonly endsAtMs: number;
  /** Why it is not trusted, as OpenSSL names that; undefined where it is, or where nobody is known to trust. */
  readonly trouble: string | undefined;
}

/**
 * Asks a server over TLS for its certificate, and sends it nothing.
 *
 * @param trust whom to trust. Default: nobody is known
 * @throws RpcError `CONNECTION_LOST`, with `details.isPlain` where it speaks no TLS, `DEADLINE_PASSED`
 */
export function probeServer(
  address: string,
  { trust, timeoutMs }: { readonly trust?: Pick<Trust, 'roots'> | undefined; readonly timeoutMs: number },
): Promise<ProbedServer> {
  return new Promise((resolve, reject) => {
    const { host, port } = parseTcpAddress(address);
    const socket = connect({
      ...{ host, port, ALPNProtocols: ['h2'], minVersion: 'TLSv1.3', rejectUnauthorized: false },
      ...(trust !== undefined && { ca: [...trust.roots] }),
      checkServerIdentity: () => undefined, // by its URI, which the caller does
    });
    const timer = setTimeout(() => {
      socket.destroy();
      reject(coreError('DEADLINE_PASSED', `${address} did not answer within ${String(timeoutMs)} ms`));
    }, timeoutMs);
    socket.once('close', () => {
      clearTimeout(timer);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const isPlain = ['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG', 'EPROTO'].includes(
        error.code ?? '',
      );
      const why = isPlain ? 'what answers there does not speak TLS' : systemErrorText(error);
      reject(coreError('CONNECTION_LOST', `${address}: ${why}`, { details: { isPlain } }));
    });
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerX509Certificate();
      const trouble = socket.authorized
        ? undefined
        : (socket.authorizationError as Error | string).toString();
      socket.destroy();
      if (certificate === undefined) {
        reject(coreError('CONNECTION_LOST', `${address} shows no certificate`));
        return;
      }
      resolve({
        id: spiffeIdIn(certificate.subjectAltName),
        issuer: quoted(certificate.issuer),
        beginsAtMs: timeOf(certificate.validFrom),
        endsAtMs: timeOf(certificate.validTo),
        trouble: trust === undefined ? undefined : trouble,
      });
    });
  });
}
