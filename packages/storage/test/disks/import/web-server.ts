import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A web server on a free port of the loopback interface. */
export interface WebServer extends AsyncDisposable {
  readonly url: string;
}

/** Serves with one handler until it is disposed of, which closes all open connections. */
export async function serveWeb(handler: RequestListener): Promise<WebServer> {
  const server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
