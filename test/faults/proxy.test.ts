import { expect } from 'chai';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

import { connectTo } from '@patchbay/grpc/client';
import { ObjectServer } from '@patchbay/grpc/server';
import { type SignaturesOf, silentLog, systemClock } from '@patchbay/objects';
import { arg, byteStream, defineObject, Dispatcher, method } from '@patchbay/objects/define';
import { eventually, freePort, refusal, requireTools, Scratch } from '@patchbay/objects/testing';
import type { ObjectClient } from '@patchbay/session/client';

import { read } from '../repository.js';

/** What nginx waits for between two messages. */
const limitMs = 1_000;
const silentMs = 2.5 * limitMs;

function makeWell() {
  let runs = 0;
  return defineObject({
    summary: 'A deep well',
    methods: {
      drop: method({
        summary: 'Say nothing for long, and return how often it was called',
        args: [arg('ms', z.int(), 'how long')],
        returns: z.int(),
        idempotent: true,
        run: async (ms, { signal }) => {
          runs++;
          await delay(ms, undefined, { signal });
          return runs;
        },
      }),
      runs: method({ summary: 'Return how often it was called', returns: z.int(), run: () => runs }),
      fill: method({
        summary: 'Count the bytes of a stream',
        args: [arg('water', byteStream(), 'bytes')],
        returns: z.int(),
        run: async (water) => {
          let bytes = 0;
          for await (const each of water) {
            bytes += each.length;
          }
          return bytes;
        },
      }),
    },
  });
}

type Well = SignaturesOf<ReturnType<typeof makeWell>>;

/** The nginx of the page on proxies, with a short limit, in front of a server. */
class Proxied implements AsyncDisposable {
  readonly client: ObjectClient;
  readonly #server: ObjectServer;
  readonly #nginx: ChildProcess;
  readonly #scratch: Scratch;

  private constructor(client: ObjectClient, server: ObjectServer, nginx: ChildProcess, scratch: Scratch) {
    this.client = client;
    this.#server = server;
    this.#nginx = nginx;
    this.#scratch = scratch;
  }

  static async start(intervalMs: number): Promise<Proxied> {
    const dispatcher = new Dispatcher({ clock: systemClock, log: silentLog });
    dispatcher.host('well', makeWell());
    // Its clients follow it.
    const keepalive = { intervalMs };
    const server = await ObjectServer.start({ listen: '127.0.0.1:0', dispatcher, keepalive });
    const scratch = await Scratch.make();
    const port = await freePort();
    await writeFile(scratch.file('nginx.conf'), configuration(port, server.address));
    const nginx = spawn('nginx', ['-e', 'stderr', '-p', scratch.path, '-c', 'nginx.conf'], {
      stdio: 'ignore',
      env: { PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` },
    });
    await eventually(async () => {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      socket.destroy();
    });
    const client = connectTo(`127.0.0.1:${String(port)}`);
    return new Proxied(client, server, nginx, scratch);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
    const exited = once(this.#nginx, 'exit');
    this.#nginx.kill();
    await exited;
    await this.#server.close();
    await this.#scratch[Symbol.asyncDispose]();
  }
}

function configuration(port: number, server: string): string {
  const [, block = ''] = /```nginx\n([^]*?)```/.exec(read('docs/operations/proxies.md')) ?? [];
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${name};`,
  );
  return [
    'daemon off; master_process off; pid nginx.pid; events {}',
    `http { access_log off; ${temporary.join(' ')}`,
    block
      .replace('listen 7440', `listen 127.0.0.1:${String(port)}`)
      .replace('127.0.0.1:7441', server)
      .replaceAll(' 60s', ` ${String(limitMs)}ms`),
    '}',
  ].join('\n');
}

describe('A server behind nginx', function () {
  this.timeout(60_000);

  before(function () {
    requireTools(this, 'nginx');
  });

  it('answers calls that are silent for longer than nginx waits, and runs them once', async () => {
    await using proxied = await Proxied.start(300);
    const well = proxied.client.proxy<Well>('well');
    expect(await well.drop(silentMs)).to.equal(1);
  });

  it('takes more than the size that nginx allows a request by default', async () => {
    await using proxied = await Proxied.start(300);
    const water = Array.from({ length: 48 }, () => Buffer.alloc(64 * 1024));
    expect(await proxied.client.proxy<Well>('well').fill(Readable.from(water))).to.equal(48 * 64 * 1024);
  });

  it('loses a call that nginx cuts after two runs, and the error says who may have cut it', async () => {
    await using proxied = await Proxied.start(60_000);
    const well = proxied.client.proxy<Well>('well');
    const error = await refusal(well.drop(silentMs));
    expect(error.reason).to.equal('CONNECTION_LOST');
    expect(error.message).to.match(/lost 2 times while it ran: a proxy in between may cut calls/);
    expect(await well.runs()).to.equal(2);
  });
});
