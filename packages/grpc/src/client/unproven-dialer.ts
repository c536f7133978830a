import type * as Tls from 'node:tls';

import { coreError, parseTcpAddress, RpcError, systemErrorText } from '@patchbay/objects';
import type { Destination } from '@patchbay/session/client';

import type { ChannelTrust } from '../describe.js';
import type { Dialled, DialFailure } from './dialled.js';

const waysToPlain =
  'plain TCP is dialled only where that is asked for (--insecure, PATCHBAY_INSECURE=1, insecure: true in client.yaml or of connect)';

/**
 * Dials TCP for a client that has no identity and was not told to dial plain TCP. It finds out what answers there, to say
 * what is missing, and sends nothing.
 */
export const unprovenDialer = {
  dial({ address }: Destination): Dialled {
    const { host, port } = parseTcpAddress(address);
    const tls: typeof Tls = process.getBuiltinModule('node:tls');
    const socket = tls.connect({
      ...{ host, port, ALPNProtocols: ['h2'], minVersion: 'TLSv1.3' },
      rejectUnauthorized: false, // whoever it is, nothing is sent
    });
    socket.once('secureConnect', () => {
      socket.destroy(loginRequired());
    });
    return { socket, authority: address, failure };
  },

  /** @throws RpcError `LOGIN_REQUIRED` */
  trust(): ChannelTrust {
    throw loginRequired();
  },
};

function loginRequired(): RpcError {
  return new RpcError(
    'UNAUTHENTICATED',
    'LOGIN_REQUIRED',
    'TCP takes an identity, and this client has none: log in (rpcclient login), or call by the socket file on that ' +
      `machine; ${waysToPlain}`,
  );
}

function failure(error: Error): DialFailure {
  return error instanceof RpcError
    ? { why: error.message, refusal: { code: error.code, reason: error.reason } }
    : (plainAnswer(error) ?? { why: systemErrorText(error) });
}

/** Returns what it means that who answers does not speak TLS; undefined for any other failure. */
export function plainAnswer(error: Error): DialFailure | undefined {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (!['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG', 'EPROTO'].includes(code)) {
    return undefined;
  }
  const { code: status, reason } = coreError('TLS_EXPECTED', '');
  return {
    why: `what answers there does not speak TLS, and ${waysToPlain}`,
    refusal: { code: status, reason },
  };
}
