import type * as Tls from 'node:tls';

import { identityError, parseTcpAddress, systemErrorText } from '@patchbay/objects';
import type { Destination } from '@patchbay/session/client';

import type { ChannelTrust } from '../describe.js';
import type { Dialled } from './dialled.js';
import type { TcpDialer } from './grpc-transport.js';

/** Loaded when a server is dialled: a client that calls by a socket file does without. */
function tls(): typeof Tls {
  return process.getBuiltinModule('node:tls');
}

/**
 * Dials servers over TLS whose certificates are not checked, as no root is known: who answers proves before the first call
 * that it knows the client's API key, on this very connection.
 */
export class KeyDialer implements TcpDialer {
  dial({ address }: Pick<Destination, 'address'>): Dialled {
    const { host, port } = parseTcpAddress(address);
    const socket = tls().connect({
      ...{ host, port, ALPNProtocols: ['h2'], minVersion: 'TLSv1.3' },
      rejectUnauthorized: false,
    });
    socket.setNoDelay(true);
    const failure = (error: NodeJS.ErrnoException): { why: string } => ({
      why: error.code === 'EPROTO' ? 'what answers there does not speak TLS' : systemErrorText(error),
    });
    return { socket, authority: address, failure };
  }

  /** Nobody proves anything on a channel of grpc-js. @throws RpcError `SERVER_NOT_EXPECTED` */
  trust({ address }: Pick<Destination, 'address'>): ChannelTrust {
    throw identityError(
      'SERVER_NOT_EXPECTED',
      `${address} cannot be asked for its health by an API key alone`,
    );
  }
}
