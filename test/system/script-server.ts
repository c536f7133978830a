import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A web server that serves one script at `/`, and records all other requests. */
export class ScriptServer implements AsyncDisposable {
  readonly asked: string[] = [];
  readonly #server: Server;

  private constructor(script: string) {
    this.#server = createServer(({ url = '' }, response) => {
      if (url === '/') {
        response.end(script);
      } else {
        this.asked.push(url);
        response.writeHead(404).end();
      }
    });
  }

  static async start(script: string): Promise<ScriptServer> {
    const server = new ScriptServer(script);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
