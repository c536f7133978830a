import { type ServerInterceptingCallInterface } from '@grpc/grpc-js';
import { type ServerHttp2Stream } from 'node:http2';

/** How much a client may send ahead on its connection, in bytes: as much as one stream of a call may be ahead. */
export const receiveWindowBytes = 1024 * 1024;

/**
 * Lets a client send further ahead than the 64 KiB of HTTP/2, with which a large upload waits for an answer after each
 * piece. grpc-js has an option for this in its clients alone, so that the connection is taken from where it keeps
 * it. Where another version of it keeps that elsewhere, uploads are slower, and a test tells.
 */
export function widenReceiveWindow(call: ServerInterceptingCallInterface): void {
  const { stream } = call as { readonly stream?: ServerHttp2Stream };
  const connection = stream?.session;
  if (
    connection?.destroyed === false &&
    (connection.state.effectiveLocalWindowSize ?? 0) < receiveWindowBytes
  ) {
    connection.settings({ initialWindowSize: receiveWindowBytes });
    connection.setLocalWindowSize(receiveWindowBytes);
  }
}
