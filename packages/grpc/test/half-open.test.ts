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
  this.timeout(30_000);

  it('is detected by both sides, by the keepalive', async () => {
    const keepalive = { intervalMs: 300, timeoutMs: 200 };
    await using server = await startSample({ keepalive });
    await using proxy = new Proxy(server.address);
    await using client = connectTo(await proxy.listen(), { keepalive, openTimeoutMs: 500 });
    const call = client.proxy<Sample>('sample').hang();
    const failing = refusal(call);
    await eventually(() => server.notes.includes('hang began'));
    proxy.swallow();
    const error = await failing;
    expect(error.reason).to.equal('CONNECTION_LOST');
    expect(error.message).to.match(/gave no sign of life for 200ms; .* may or may not have run/);
    await eventually(() => server.notes.includes('hang aborted'));
    await eventually(() => server.dispatcher.running === 0);
  });
});
