import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A web server with an image, of which it sends only the beginning. */
export interface SlowSource extends AsyncDisposable {
  readonly url: string;
  /** Resolves when a download has started. */
  readonly asked: Promise<void>;
}

export async function startSlowSource(): Promise<SlowSource> {
  let ask: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    ask = resolve;
  });
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-length': 64 * 2 ** 20 });
    response.write(Buffer.alloc(2 ** 20, 'x'));
    ask();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}/image.raw`,
    asked,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
