import { expect } from 'chai';
import { once } from 'node:events';
import { type ClientHttp2Stream, constants } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { z } from 'zod';

import { parseTcpAddress } from '@patchbay/objects';
import { arg, defineObject, method } from '@patchbay/objects/define';
import { eventually, refusal } from '@patchbay/objects/testing';
import { encodeFrames, encodePayload } from '@patchbay/session';
import type { SessionLimits } from '@patchbay/session/server';
import { hostSample, type Sample } from '@patchbay/session/testing';

import { connectTo } from '../../src/client/grpc-transport.js';
import { ObjectServer } from '../../src/server/object-server.js';
import { startSample } from '../sample.js';
import { transports } from '../transports.js';
import { invoke, message, RawClient } from './raw-client.js';

/** A client that sends what it is told and reads nothing. */
class DeafClient extends RawClient {
  readonly stream: ClientHttp2Stream;
  #calls = 0;

  constructor(address: string, itemWindow?: number) {
    super(address);
    this.stream = this.openSession('deaf', itemWindow);
    this.stream.pause();
  }

  /** Sends many calls in one message. */
  call(method: string, args: readonly unknown[], times: number): void {
    const values = encodePayload(args, 'arguments');
    const frames = Array.from({ length: times }, () =>
      encodeFrames(invoke(++this.#calls, 'big', method, values)),
    );
    this.stream.write(message(...frames));
  }
}

const kib = 1024;

describe('a server of objects', function () {
  this.timeout(60_000);

  /** Starts a server whose object returns large answers and counts them. */
  async function startBig(
    limits: Partial<SessionLimits>,
  ): Promise<Awaited<ReturnType<typeof startSample>> & { given: () => number }> {
    let given = 0;
    const big = defineObject({
      summary: 'Gives much',
      methods: {
        give: method({
          summary: 'Give a text',
          args: [arg('length', z.int(), 'of the text')],
          returns: z.string(),
          run: (length) => {
            given++;
            return 'x'.repeat(length);
          },
        }),
        pour: method({
          summary: 'Yield texts without end',
          args: [arg('length', z.int(), 'of each')],
          yields: z.string(),
          returns: z.null(),
          run: async function* (length, { signal }) {
            for (;;) {
              signal.throwIfAborted();
              given++;
              yield 'x'.repeat(length);
              await new Promise(setImmediate);
            }
          },
        }),
      },
    });
    return { ...(await startSample({ ...limits, objects: { big } })), given: () => given };
  }

  it('starts no more calls of a client that does not read its answers', async () => {
    const maxUnreadBytes = 1024 * kib;
    await using server = await startBig({ maxUnreadBytes, maxCalls: 100_000 });
    using client = new DeafClient(server.address);
    client.call('give', [64 * kib], 3_000); // 190 MiB of answers
    await eventually(() => server.given() > 0);
    let before = -1;
    await eventually(async () => {
      const settled = before === server.given();
      before = server.given();
      await new Promise((resolve) => setTimeout(resolve, 100));
      return settled;
    });
    // The limit, one answer above it, and what the windows of HTTP/2 and the socket hold.
    expect(server.given() * 64 * kib).to.be.below(maxUnreadBytes + 8 * 1024 * kib);
  });

  it('asks for no more items for a client that grants credit and does not read them', async () => {
    const maxUnreadBytes = 256 * kib;
    await using server = await startBig({ maxUnreadBytes, stallMs: 500 });
    using client = new DeafClient(server.address, 0xffff_ffff);
    client.call('pour', [64 * kib], 1);
    await eventually(() => client.stream.closed);
    expect(client.stream.rstCode).to.equal(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    expect(server.given() * 64 * kib).to.be.below(maxUnreadBytes + 8 * 1024 * kib);
    await eventually(() => server.dispatcher.running === 0);
  });

  it('resumes when the client reads, and answers every call', async () => {
    await using server = await startBig({ maxUnreadBytes: 256 * kib, maxCalls: 100_000 });
    using client = new DeafClient(server.address);
    client.call('give', [64 * kib], 300);
    await eventually(() => server.given() > 0);
    let received = 0;
    client.stream.on('data', (data: Buffer) => (received += data.length));
    client.stream.resume();
    await eventually(() => received > 300 * 64 * kib);
    expect(server.given()).to.equal(300);
  });

  it('serves others while one does not read', async () => {
    await using server = await startBig({ maxUnreadBytes: 256 * kib, maxCalls: 100_000 });
    using deaf = new DeafClient(server.address);
    deaf.call('give', [64 * kib], 1_000);
    await using client = connectTo(server.address);
    expect(await client.proxy<Sample>('sample').echo('hello')).to.equal('hello');
  });

  it('ends the session of a client that reads nothing for too long', async () => {
    await using server = await startBig({ maxUnreadBytes: 256 * kib, maxCalls: 100_000, stallMs: 300 });
    using client = new DeafClient(server.address);
    client.call('give', [64 * kib], 1_000);
    await eventually(() => client.stream.closed);
    expect(client.stream.rstCode).to.equal(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    expect(server.log.lines.map(({ message }) => message)).to.include(
      'ended the session of a client that did not read its answers',
    );
    await eventually(() => server.dispatcher.running === 0);
  });

  it('keeps the session of a client that reads slowly', async () => {
    await using server = await startBig({ maxUnreadBytes: 128 * kib, maxCalls: 100_000, stallMs: 400 });
    using client = new DeafClient(server.address);
    client.call('give', [64 * kib], 100);
    let received = 0;
    const timer = setInterval(() => {
      client.stream.read();
    }, 20);
    client.stream.on('readable', () => undefined);
    const read = client.stream.read.bind(client.stream);
    client.stream.read = (size?: number) => {
      const data = read(size) as Buffer | null;
      received += data?.length ?? 0;
      return data;
    };
    await eventually(() => received > 100 * 64 * kib);
    clearInterval(timer);
    expect(client.stream.closed).to.equal(false);
  });

  it('accepts a thousand idle sessions, and keeps serving', async () => {
    await using server = await startSample();
    const idle = Array.from({ length: 1_000 }, () => connectTo(server.address));
    for (let from = 0; from < idle.length; from += 50) {
      await Promise.all(
        idle.slice(from, from + 50).map((client) => client.proxy<Sample>('sample').echo('here')),
      );
    }
    await using one = connectTo(server.address);
    expect(await one.proxy<Sample>('sample').echo('still')).to.equal('still');
    expect(await idle[0]?.proxy<Sample>('sample').echo('awake')).to.equal('awake');
    await Promise.all(idle.map((client) => client[Symbol.asyncDispose]()));
  });

  it('closes connections above their number unheard, until one has ended', async () => {
    await using server = await startSample({ maxConnections: 2 });
    const { host, port } = parseTcpAddress(server.address);
    const open = async (): Promise<Socket> => {
      const socket = connect(port, host);
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      return socket;
    };
    const first = await open();
    await using second = connectTo(server.address);
    await second.proxy<Sample>('sample').echo('in');
    const third = await open();
    await once(third, 'close');
    first.destroy();
    await using fourth = connectTo(server.address);
    await eventually(async () => {
      try {
        return (await fourth.proxy<Sample>('sample').echo('in')) === 'in';
      } catch {
        return false;
      }
    });
    expect(await second.proxy<Sample>('sample').echo('still')).to.equal('still');
  });

  for (const wrong of [{ maxCalls: 0 }, { maxFrameBytes: 1_000 }, { stallMs: NaN }]) {
    it(`cannot be limited by ${JSON.stringify(wrong)}`, async () => {
      const { dispatcher } = hostSample();
      const error = await refusal(ObjectServer.start({ listen: '127.0.0.1:0', dispatcher, ...wrong }));
      expect(error.reason).to.equal('CONFIG_INVALID');
    });
  }
});

for (const [transport, start] of Object.entries(transports)) {
  describe(`the limits of sessions ${transport}`, function () {
    this.timeout(30_000);

    it('refuse a session above their number, until one has ended', async () => {
      await using server = await start({ maxSessions: 2 });
      await using first = server.connect();
      const second = server.connect();
      await using third = server.connect();
      await first.proxy<Sample>('sample').echo(1);
      await second.proxy<Sample>('sample').echo(2);
      const error = await refusal(third.proxy<Sample>('sample').echo(3));
      expect(error).to.include({ code: 'RESOURCE_EXHAUSTED', reason: 'SESSIONS_EXHAUSTED' });
      expect(error.message).to.match(/2 sessions are open/);
      await second[Symbol.asyncDispose]();
      await eventually(async () => {
        try {
          return (await third.proxy<Sample>('sample').echo('in')) === 'in';
        } catch {
          return false;
        }
      });
    });

    it('count methods that still run although their calls were cancelled', async () => {
      await using server = await start({ maxCalls: 3 });
      await using client = server.connect();
      const sample = client.proxy<Sample>('sample');
      await sample.echo('open');
      const calls = Array.from({ length: 3 }, () => sample.pause(200));
      await eventually(() => server.dispatcher.running === 3);
      for (const call of calls) {
        call.cancel();
      }
      let answered = false;
      const next = sample.echo('when there is room').finally(() => {
        answered = true;
      });
      await refusal(sample.with({ timeoutMs: 20 }).echo('too late'), 'DEADLINE_PASSED');
      expect(answered).to.equal(false);
      expect(await next).to.equal('when there is room');
      expect(server.notes).to.include('paused');
    });

    it('refuse arguments that are larger than the server accepts, and no other calls', async () => {
      await using server = await start({ maxFrameBytes: 300 * kib });
      await using client = server.connect();
      const sample = client.proxy<Sample>('sample');
      const error = await refusal(sample.echo('x'.repeat(400 * kib)));
      expect(error).to.include({ code: 'RESOURCE_EXHAUSTED', reason: 'MESSAGE_TOO_LARGE' });
      expect(error.message).to.include(String(300 * kib));
      expect(await sample.echo('x'.repeat(280 * kib))).to.have.length(280 * kib);
    });

    it('refuse a result that is larger than the client accepts, and no other calls', async () => {
      await using server = await start();
      await using client = server.connect({ maxFrameBytes: 300 * kib });
      const sample = client.proxy<Sample>('sample');
      const error = await refusal(sample.echo('x'.repeat(400 * kib)));
      expect(error).to.include({ code: 'RESOURCE_EXHAUSTED', reason: 'MESSAGE_TOO_LARGE' });
      expect(await sample.echo('small')).to.equal('small');
    });
  });
}
