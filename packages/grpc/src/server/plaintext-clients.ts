import type { Http2Server } from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** What OpenSSL says when the first bytes are not TLS's. */
const plaintext = new Set(['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_HTTP_REQUEST']);

const text =
  'TLS_REQUIRED: this address takes TLS alone; use an identity, or the socket file on the same machine';
const httpAnswer = `HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n${text}\n`;

/** Answers plaintext clients, in HTTP/1.1 or HTTP/2 as they speak it, that TLS is required. */
export function answerPlaintext(server: Http2Server): void {
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
    if (plaintext.has(error.code ?? '')) {
      // A private field of Node's: the connection below, on which nothing was sent. Tests fail if it is renamed.
      const { _parent: below } = socket as unknown as { readonly _parent?: Socket };
      below?.end(error.code === 'ERR_SSL_HTTP_REQUEST' ? httpAnswer : goAway());
    }
  });
}

/** Returns HTTP/2's frames of a server that closes the connection for want of security (INADEQUATE_SECURITY). */
function goAway(): Buffer {
  const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
  const payload = Buffer.concat([Buffer.from([0, 0, 0, 0, 0, 0, 0, 0x0c]), Buffer.from(text)]);
  const header = Buffer.from([0, 0, payload.length, 7, 0, 0, 0, 0, 0]);
  return Buffer.concat([settings, header, payload]);
}
