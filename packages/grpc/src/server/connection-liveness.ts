import type { ServerHttp2Session } from 'node:http2';

import type { Clock, Log } from '@patchbay/objects';
import { type Keepalive, watchLiveness } from '@patchbay/session';

import { peerOn } from './peers.js';

/**
 * Closes a connection when its client gives no sign of life. The keepalive of grpc-js would drop the living, too, once
 * this process was stopped or busy for longer than its timeout: it does not read what waits before it judges.
 */
export function watchConnection(
  connection: ServerHttp2Session,
  keepalive: Keepalive,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): void {
  const closed = new AbortController();
  connection.once('close', () => {
    closed.abort();
  });
  const options = {
    ...keepalive,
    clock,
    ask: () => {
      if (!connection.destroyed) {
        connection.ping(() => undefined);
      }
    },
    heard: () => (connection.destroyed ? Infinity : connection.socket.bytesRead),
    onSilence: () => {
      const { peer } = peerOn(connection);
      log.info('closed the connection of a client that gave no sign of life', { peer });
      connection.destroy();
    },
  };
  watchLiveness(options, closed.signal);
}
