import { expect } from 'chai';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

import { eventually, refusal } from '@patchbay/objects/testing';
import type { Sample } from '@patchbay/session/testing';

import { connectTo } from '../src/client/grpc-transport.js';
import { startSample } from './sample.js';

/** A proxy between a client and a server that drops all that either of them sends, once told to. */
class Proxy implements AsyncDisposable {
  readonly #sockets: Socket[] = [];
  readonly #server = createServer((socket) => {
    const onward = connect(this.#target);
    this.#sockets.push(socket, onward);
    socket.pipe(onward);
    onward.pipe(socket);
    for (const each of [socket, onward]) {
      each.on('error', () => undefined);
    }
  });
  readonly #target: { readonly host: string; readonly port: number };

  constructor(target: string) {
    const [host = '', port] = target.split(':');
    this.#target = { host, port: Number(port) };
  }

  async listen(): Promise<string> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    return `127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  /** Keeps the connections open and forwards nothing, not even their end. */
  swallow(): void {
    for (const socket of this.#sockets) {
      socket.unpipe();
      socket.resume();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) {
      socket.destroy();
    }
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

describe('a half-open connection', function () {
  this.timeout(60_000);

  it('is detected by both sides within 15 s, by the keepalive', async () => {
    await using server = await startSample();
    await using proxy = new Proxy(server.address);
    await using client = connectTo(await proxy.listen(), { timeoutMs: 'none', openTimeoutMs: 500 });
    const call = client.proxy<Sample>('sample').hang();
    const failing = refusal(call);
    await eventually(() => server.notes.includes('hang began'));
    const beganMs = performance.now();
    proxy.swallow();
    const error = await failing;
    const clientMs = performance.now() - beganMs;
    expect(error.reason).to.equal('CONNECTION_LOST');
    expect(error.message).to.match(/the server does not answer/);
    while (!server.notes.includes('hang aborted') && performance.now() - beganMs < 25_000) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const serverMs = performance.now() - beganMs;
    // A busy machine's timers come late; the bound itself is 15 s.
    expect(clientMs).to.be.below(17_000);
    expect(serverMs).to.be.below(17_000);
    await eventually(() => server.dispatcher.running === 0);
  });
});
