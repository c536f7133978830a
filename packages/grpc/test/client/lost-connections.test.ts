import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttp2Server, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

import { systemClock } from '@patchbay/objects';
import { collectGarbage, eventually, refusal } from '@patchbay/objects/testing';
import { encodeFrame } from '@patchbay/session';
import { destination, ObjectClient } from '@patchbay/session/client';
import type { Sample } from '@patchbay/session/testing';

import { connectTo } from '../../src/client/grpc-transport.js';
import { grpcTransport } from '../../src/client/grpc-transport.js';
import { startSample } from '../sample.js';

/** A foreign server on a free port. */
interface Stranger extends AsyncDisposable {
  readonly address: string;
  readonly accepted: number;
}

describe('a client whose connection fails', function () {
  this.timeout(30_000);

  it('retries an idempotent call where the object is now', async () => {
    await using first = await startSample();
    await using second = await startSample();
    await using client = follow(first.address, second.address);
    const call = client.proxy<Sample>('sample').hangSafely();
    await eventually(() => first.notes.includes('hangSafely began'));
    await first.server[Symbol.asyncDispose]();
    await eventually(() => second.notes.includes('hangSafely began'));
    expect(first.notes).to.include('hangSafely aborted');
    call.cancel();
  });

  it('does not run any other call twice, and reports so', async () => {
    await using first = await startSample();
    await using client = connectTo(first.address);
    const call = client.proxy<Sample>('sample').hang();
    const failing = refusal(call);
    await eventually(() => first.notes.includes('hang began'));
    await first.server[Symbol.asyncDispose]();
    await using second = await startSample({ listen: first.address });
    const error = await failing;
    expect(error).to.include({ reason: 'CONNECTION_LOST', callId: call.callId });
    expect(error.message).to.match(/sample\.hang may or may not have run/);
    expect(second.notes).to.deep.equal([]);
  });

  it('does not retry a call of which an item was seen', async () => {
    await using first = await startSample();
    await using client = connectTo(first.address);
    const items = client.proxy<Sample>('sample').trickle()[Symbol.asyncIterator]();
    expect(await items.next()).to.deep.equal({ done: false, value: 1 });
    await first.server[Symbol.asyncDispose]();
    expect((await refusal(items.next())).message).to.match(/may or may not have run/);
  });

  it('sends calls that were not sent yet to a server that starts late', async () => {
    const first = await startSample();
    await first[Symbol.asyncDispose]();
    await using client = connectTo(first.address);
    const call = client.proxy<Sample>('sample').echo('patient');
    call.catch(() => undefined);
    await using second = await startSample({ listen: first.address });
    expect(await call).to.equal('patient');
    expect(second.address).to.equal(first.address);
  });

  it('retries all idempotent calls that were lost with a connection, without asking any server', async () => {
    await using first = await startSample();
    await using second = await startSample();
    await using client = follow(first.address, second.address);
    second.dispatcher.describe = () => {
      throw new Error('it was asked');
    };
    const calls = Array.from({ length: 50 }, () => client.proxy<Sample>('sample').hangSafely());
    await eventually(() => first.notes.length === 50);
    await first.server[Symbol.asyncDispose]();
    await eventually(() => second.notes.length === 50);
    for (const call of calls) {
      call.cancel();
    }
  });

  it('asks its router again when a server drains, and sends to where the object is now', async () => {
    await using old = await startSample();
    await using other = await startSample();
    await using client = follow(old.address, other.address);
    const sample = client.proxy<Sample>('sample');
    const running = sample.pause(200);
    await eventually(() => old.dispatcher.running === 1);
    const drained = old.dispatcher.drain();
    expect(await sample.pause(0)).to.equal('done');
    expect(other.notes).to.deep.equal(['paused']);
    await drained;
    expect(await running).to.equal('done');
  });

  it('receives the answers of a server that drained and closed in the same turn', async () => {
    await using server = await startSample();
    await using client = connectTo(server.address);
    const call = client.proxy<Sample>('sample').pause(100);
    await eventually(() => server.dispatcher.running === 1);
    await server.dispatcher.drain();
    await server.server[Symbol.asyncDispose]();
    expect(await call).to.equal('done');
  });

  it('gives up on a server that accepts and never answers, within the open timeout', async () => {
    await using stopped = await listen(() => undefined);
    await using client = connectTo(stopped.address, { openTimeoutMs: 300 });
    const began = performance.now();
    const error = await refusal(client.proxy<Sample>('sample').echo('?'));
    expect(error.reason).to.equal('CONNECTION_LOST');
    expect(error.message).to.equal(`${stopped.address} did not answer in time`);
    expect(performance.now() - began).to.be.below(2_000);
    expect(stopped.accepted).to.equal(1);
  });

  it('gives up on a server that hangs up before its hello', async () => {
    await using rude = await listen((socket) => socket.destroy());
    await using client = connectTo(rude.address);
    const error = await refusal(client.proxy<Sample>('sample').hang());
    expect(error.message).to.include(`no connection to ${rude.address}: `).and.not.include('may have run');
    expect(rude.accepted).to.equal(3);
  });

  it('reports why a connection failed, also of a host with several addresses', async () => {
    for (const host of ['127.0.0.1', 'localhost']) {
      await using client = connectTo(`${host}:1`);
      const error = await refusal(client.proxy<Sample>('sample').echo('?'));
      expect(error.reason).to.equal('CONNECTION_LOST');
      expect(error.message).to.match(/no connection to \w+[^:]*:1: .*connection refused/);
    }
  });

  for (const address of ['', 'host:99999', 'no host at all']) {
    it(`reports that ${JSON.stringify(address)} is no address`, async () => {
      await using client = connectTo(address);
      const error = await refusal(client.proxy<Sample>('sample').echo('?'));
      expect(error.reason).to.equal('CONNECTION_LOST');
      expect(error.message).to.include(JSON.stringify(address)).and.include('host:port');
    });
  }

  const strangers: readonly (readonly [string, (stream: ServerHttp2Stream) => void, RegExp])[] = [
    [
      'answers 404',
      (stream) => {
        stream.respond({ ':status': 404 }, { endStream: true });
      },
      /HTTP status 404/,
    ],
    [
      'answers with trailers only',
      (stream) => {
        const message = encodeURIComponent('unknown service "x"');
        stream.respond({ ':status': 200, 'grpc-status': '12', 'grpc-message': message }, { endStream: true });
      },
      /: unknown service "x"$/,
    ],
    [
      'resets the stream',
      (stream) => {
        stream.close(2);
      },
      /the server, or a proxy in between, reset the stream \(INTERNAL_ERROR\)/,
    ],
    [
      'refuses the connection with a GOAWAY',
      (stream) => {
        stream.session?.goaway(11);
      },
      /closed the connection \(ENHANCE_YOUR_CALM\)/,
    ],
    [
      'sends what is no gRPC message',
      (stream) => {
        stream.respond({ ':status': 200 });
        stream.write(Buffer.from('\u0001hello'));
      },
      /compressed message/,
    ],
    [
      'sends garbage in a gRPC message',
      (stream) => {
        stream.respond({ ':status': 200 });
        stream.write(Buffer.from([0, 0, 0, 0, 3, 0x0a, 0x7f, 0x00]));
      },
      /malformed message/,
    ],
    [
      'sends a frame that only clients send',
      (stream) => {
        stream.respond({ ':status': 200 });
        const frame = encodeFrame({ kind: 'release', object: 1 });
        stream.write(Buffer.from([0, 0, 0, 0, frame.length + 2, 0x0a, frame.length, ...frame]));
      },
      /frame of kind release/,
    ],
  ];
  for (const [what, answer, message] of strangers) {
    it(`reports what is wrong with a server that ${what}`, async () => {
      await using stranger = await listenHttp2(answer);
      await using client = connectTo(stranger.address);
      const error = await refusal(client.proxy<Sample>('sample').echo('?'));
      expect(error.message).to.match(message);
    });
  }

  for (const [what, answer, message] of [
    ['HTTP/1', 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n', /not speak HTTP\/2, but HTTP\/1$/],
    ['TLS', Buffer.from([0x15, 3, 1, 0, 2, 2, 70]), /not speak HTTP\/2, but TLS$/],
    ['SSH', 'SSH-2.0-Other\r\n', /the server does not speak HTTP\/2$/],
  ] as const) {
    it(`reports a server that speaks ${what}`, async () => {
      await using old = await listen((socket) => {
        socket.end(answer);
      });
      await using client = connectTo(old.address);
      const error = await refusal(client.proxy<Sample>('sample').echo('?'));
      expect(error.message).to.match(message);
    });
  }

  it('ends every call when it is disposed, and dials no more', async () => {
    await using stopped = await listen(() => undefined);
    await using refused = await listen((socket) => socket.destroy());
    await using server = await startSample();
    const began = [
      () => stopped.accepted > 0,
      () => refused.accepted > 0,
      () => server.notes.includes('hangSafely began'),
    ];
    for (const [index, { address }] of [stopped, refused, server].entries()) {
      const client = connectTo(address);
      const sample = client.proxy<Sample>('sample');
      const call = refusal(sample.hangSafely());
      await eventually(began[index]!);
      await client[Symbol.asyncDispose]();
      expect((await call).reason).to.equal('CONNECTION_LOST');
      expect((await refusal(sample.echo('late'))).message).to.equal('the client was closed');
    }
    await eventually(() => server.notes.includes('hangSafely aborted'));
    expect(stopped.accepted).to.equal(1);
    expect(refused.accepted).to.equal(1);
  });

  it('retains no memory for calls that have ended', async () => {
    await using server = await startSample();
    await using client = connectTo(server.address);
    const sample = client.proxy<Sample>('sample');
    const round = async (): Promise<number> => {
      for (let index = 0; index < 3_000; index++) {
        await sample.echo('a short text');
        if (index % 100 === 0) {
          for await (const { n } of sample.count(10)) {
            if (n === 2) break;
          }
          await refusal(sample.fail());
        }
      }
      server.notes.length = 0;
      server.log.lines.length = 0;
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    await round();
    const before = await round();
    const after = await round();
    expect(after - before).to.be.below(400_000); // a hundred bytes a call would be 300 kB
  });

  const programs: readonly (readonly [string, string, string])[] = [
    [
      'that called and disposed its client',
      `const client = connectTo(address);
       console.log(await client.call('sample', 'echo', ['hello']));
       await client[Symbol.asyncDispose]();`,
      'hello',
    ],
    [
      'whose server is not there',
      `await connectTo('127.0.0.1:1').call('sample', 'echo', [1]).catch((error) => console.log(error.reason));`,
      'CONNECTION_LOST',
    ],
    [
      'whose call took too long',
      `const client = connectTo(address, { timeoutMs: 100 });
       await client.call('sample', 'hang', []).catch((error) => console.log(error.reason));
       await client[Symbol.asyncDispose]();`,
      'DEADLINE_PASSED',
    ],
  ];
  for (const [what, source, output] of programs) {
    it(`lets a program end ${what}`, async () => {
      await using server = await startSample();
      const client = new URL('../../src/client/index.js', import.meta.url).href;
      const program = `import { connectTo } from '${client}'; const address = '${server.address}'; ${source}`;
      const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
        stdio: ['ignore', 'pipe', 'inherit'],
        timeout: 20_000,
      });
      let out = '';
      child.stdout.on('data', (data: Buffer) => {
        out += data.toString();
      });
      const [status] = (await once(child, 'close')) as [number | null];
      expect(out.trim()).to.equal(output);
      expect(status).to.equal(0);
    });
  }
});

/** Makes a client that routes to one address until that is unreachable, and then to another. */
function follow(first: string, second: string): ObjectClient {
  let address = first;
  return new ObjectClient({
    clock: systemClock,
    transport: grpcTransport,
    router: {
      route: () => destination(address),
      forget: (_object, gone) => {
        address = gone.address === first ? second : address;
      },
    },
  });
}

async function listen(serve: (socket: Socket) => void): Promise<Stranger> {
  return stranger(
    createServer((socket) => {
      socket.on('error', () => undefined);
      serve(socket);
    }),
  );
}

async function listenHttp2(answer: (stream: ServerHttp2Stream) => void): Promise<Stranger> {
  const server = createHttp2Server();
  server.on('sessionError', () => undefined);
  server.on('stream', (stream) => {
    stream.on('error', () => undefined);
    answer(stream);
  });
  return stranger(server);
}

async function stranger(server: Server | Http2Server): Promise<Stranger> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  server.on('connection', (socket: Socket) => {
    accepted++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    get accepted() {
      return accepted;
    },
    [Symbol.asyncDispose]: async () => {
      server.close();
      for (const socket of sockets) {
        socket.destroy();
      }
      await new Promise(setImmediate);
    },
  };
}
