import { constants, createServer, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';

import { secureError } from '../secure/errors.js';
import { toGrpcStatus } from '../status.js';
import { handshakeMs } from './tls-credentials.js';

/** What the first byte of a client that speaks TLS is: the type of its handshake's record. */
const tlsHandshake = 0x16;

/** How long a client of HTTP/2 may take for its first call, and to read the answer, in milliseconds. */
const patienceMs = 1_000;

const error = secureError(
  'TLS_REQUIRED',
  'TLS_REQUIRED: this address takes TLS alone; use an identity, or the socket file on the same machine',
);
const text = Buffer.from(error.message);
const httpAnswer = `HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n${error.message}\n`;

/** Answers plaintext clients of a server of TLS, in HTTP/1.1 or HTTP/2 as they speak it, that TLS is required. */
export function answerPlaintext(server: Http2Server): void {
  const plain = refusingServer();
  const secure = server.listeners('connection');
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    readFirst(socket, (first) => {
      if (first[0] === tlsHandshake || !/^[A-Z]{3}/.test(first.toString('latin1'))) {
        for (const accept of secure) {
          Reflect.apply(accept, server, [socket]);
        }
      } else if (first.toString('latin1').startsWith('PRI')) {
        plain.emit('connection', socket);
      } else {
        socket.end(httpAnswer);
        socket.resume();
      }
    });
  });
}

/** Calls a function with the first bytes of a connection, which are then still there to be read. */
function readFirst(socket: Socket, take: (first: Buffer) => void): void {
  let first = Buffer.alloc(0);
  const ignore = (): void => undefined;
  const giveUp = setTimeout(() => {
    socket.destroy();
  }, handshakeMs);
  const stop = (): void => {
    clearTimeout(giveUp);
    socket.off('readable', read).off('close', stop);
  };
  const read = (): void => {
    const more = socket.read() as Buffer | null;
    if (more !== null) {
      first = Buffer.concat([first, more]);
    }
    if (first[0] === tlsHandshake || first.length >= 3) {
      stop();
      socket.unshift(first);
      take(first);
      socket.off('error', ignore);
    } else if (socket.readableEnded) {
      socket.destroy();
    }
  };
  socket.on('error', ignore).on('close', stop).on('readable', read);
}

/** Makes a server that refuses every call, and listens nowhere: connections are given to it. */
function refusingServer(): Http2Server {
  const { code, details, metadata } = toGrpcStatus(error, undefined);
  const answer = {
    ':status': 200,
    'content-type': 'application/grpc',
    'grpc-status': String(code),
    'grpc-message': encodeURI(details),
    ...metadata.toHttp2Headers(),
  };
  return createServer({ settings: { maxConcurrentStreams: 1 } })
    .on('session', (session: ServerHttp2Session) => {
      const bye = setTimeout(() => {
        session.goaway(constants.NGHTTP2_INADEQUATE_SECURITY, 0, text);
        session.close();
      }, patienceMs);
      const end = setTimeout(() => {
        session.destroy();
      }, 2 * patienceMs);
      session
        .on('error', () => undefined)
        .once('close', () => {
          clearTimeout(bye);
          clearTimeout(end);
        });
    })
    .on('stream', (stream) => {
      stream.on('error', () => undefined);
      // Those who know the code read no further; the answer is for those who would only try again.
      stream.session?.goaway(constants.NGHTTP2_INADEQUATE_SECURITY, stream.id, text);
      stream.respond(answer, { endStream: true });
      stream.resume();
    });
}
