import { connect, type TLSSocket } from 'node:tls';

import { parseTcpAddress, quoted, systemErrorText } from '@patchbay/objects';
import type { Destination } from '@patchbay/session/client';

import type { ChannelTrust, Dialled, TcpDialer } from '../client/index.js';

/** Dials a server of which nothing is known yet, over TLS, to learn whose it says that it is. Nothing secret may be sent. */
export class UnverifiedDialer implements TcpDialer {
  #socket: TLSSocket | undefined;
  #issuer = 'nobody';

  /** Who issued the certificate of whoever answered, escaped: a text of a stranger's. */
  get issuer(): string {
    return this.#issuer;
  }

  dial({ address }: Destination): Dialled {
    const { host, port } = parseTcpAddress(address);
    const socket = connect({
      host,
      port,
      ALPNProtocols: ['h2'],
      minVersion: 'TLSv1.3',
      rejectUnauthorized: false,
    });
    this.#socket = socket;
    socket.once('secureConnect', () => {
      this.#issuer = quoted(socket.getPeerX509Certificate()?.issuer ?? 'nobody');
    });
    const failure = (error: NodeJS.ErrnoException): { why: string } => ({
      why: error.code === 'EPROTO' ? 'what answers there does not speak TLS' : systemErrorText(error),
    });
    return { socket, authority: address, failure };
  }

  /** No server is described without being verified. */
  trust(): ChannelTrust {
    throw new Error(`${String(this.#socket?.remoteAddress)} was not verified`);
  }
}
