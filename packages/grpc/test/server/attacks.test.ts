import type { CallOptions, Client, ClientReadableStream } from '@grpc/grpc-js';
import { expect } from 'chai';
import { constants, type IncomingHttpHeaders } from 'node:http2';

import { eventually } from '@patchbay/objects/testing';
import { encodeFrames } from '@patchbay/session';
import type { Sample } from '@patchbay/session/testing';

import { connectTo } from '../../src/client/grpc-transport.js';
import { dial, readAll } from '../../src/testing/foreign-client.js';
import { startSample } from '../sample.js';
import { inChunks, invoke, message, paths, RawClient } from './raw-client.js';

interface Objects extends Client {
  Call(request: object, options?: CallOptions): ClientReadableStream<unknown>;
}

function dialObjects(address: string): Objects {
  return dial<Objects>(address, 'patchbay/v1/objects.proto', 'patchbay.v1.ObjectServer');
}

const mib = 1024 * 1024;
const large = { json: '["x"]', attachments: [{ path: [], content: Buffer.alloc(3 * mib) }] };

describe('a server of objects under attack', function () {
  this.timeout(30_000);

  it('runs no more calls of one connection than it allows, nor of all together', async () => {
    await using server = await startSample({ maxCalls: 5, maxTotalCalls: 8 });
    const clients = [dialObjects(server.address), dialObjects(server.address)];
    const pause = { object: 'sample', method: 'pause', arguments: [{ numberValue: 300 }] };
    // Connections are shared by clients of equal options.
    const outcomes = await Promise.all(
      clients.flatMap((client) => Array.from({ length: 20 }, () => readAll(client.Call(pause)))),
    );
    const refused = outcomes.flatMap(({ error }) => (error === undefined ? [] : [error.details]));
    expect(outcomes.length - refused.length).to.be.within(5, 8);
    expect(refused[0]).to.match(
      /already, the most that (?:it|the server) allows \(limits\.max(?:Total)?Calls\)/,
    );
    await eventually(() => server.dispatcher.running === 0);
    expect((await readAll(clients[0]!.Call(pause))).error).to.equal(undefined);
    clients.forEach((client) => {
      client.close();
    });
  });

  it('counts the calls of a connection that were cancelled until their methods have ended', async () => {
    await using server = await startSample({ maxCalls: 2 });
    const client = dialObjects(server.address);
    const pause = { object: 'sample', method: 'pause', arguments: [{ numberValue: 400 }] };
    const calls = [client.Call(pause), client.Call(pause)];
    await eventually(() => server.dispatcher.running === 2);
    calls.forEach((call) => {
      call.on('error', () => undefined);
      call.cancel();
    });
    expect((await readAll(client.Call(pause))).error?.details).to.include('limits.maxCalls');
    client.close();
  });

  it('limits the streams of a connection', async () => {
    await using server = await startSample({ maxStreams: 7 });
    using client = new RawClient(server.address);
    const session = client.openSession();
    await eventually(() => client.connection.remoteSettings.maxConcurrentStreams === 7);
    expect(session.destroyed).to.equal(false);
    server.server.limitTo({ maxStreams: 9 });
    using later = new RawClient(server.address);
    await eventually(() => later.connection.remoteSettings.maxConcurrentStreams === 9);
  });

  for (const [path, code] of [
    [paths.describe, constants.NGHTTP2_CANCEL],
    [paths.session, constants.NGHTTP2_CANCEL],
    [paths.describe, constants.NGHTTP2_REFUSED_STREAM],
  ] as const) {
    it(`ends a connection that only resets its calls of ${path} by ${String(code)}, and serves others`, async () => {
      await using server = await startSample({ maxStreams: 50 });
      using client = new RawClient(server.address);
      await using other = connectTo(server.address);
      await eventually(() => {
        for (let count = 0; count < 50 && !client.connection.destroyed; count++) {
          client.open(path).close(code);
        }
        return client.connection.destroyed;
      });
      expect(client.goneAwayWith).to.equal(constants.NGHTTP2_ENHANCE_YOUR_CALM);
      expect(await other.proxy<Sample>('sample').echo('well')).to.equal('well');
      expect(server.dispatcher.running).to.equal(0);
    });
  }

  it('keeps a connection whose calls are cancelled now and then', async () => {
    await using server = await startSample({ maxStreams: 10 });
    const client = dialObjects(server.address);
    for (let count = 0; count < 40; count++) {
      const cancelled = client.Call({ object: 'sample', method: 'hang' });
      cancelled.on('error', () => undefined);
      await eventually(() => server.dispatcher.running === 1);
      cancelled.cancel();
      await eventually(() => server.dispatcher.running === 0);
      const { error } = await readAll(
        client.Call({ object: 'sample', method: 'echo', arguments: [{ nullValue: 0 }] }),
      );
      expect(error).to.equal(undefined);
    }
    client.close();
  });

  it('resets calls whose client does not read the answer', async () => {
    await using server = await startSample({ stallMs: 300 });
    using client = new RawClient(server.address, 0);
    await eventually(() => client.connection.remoteSettings.maxConcurrentStreams !== undefined);
    const streams = Array.from({ length: 20 }, () => client.open(paths.describe).end(message()));
    await eventually(() => streams.every(({ closed }) => closed));
    expect(streams[0]?.rstCode).to.equal(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  });

  it('ends sessions and calls whose message begins to arrive and does not go on', async () => {
    await using server = await startSample({ frameMs: 150 });
    using client = new RawClient(server.address);
    const chunked = client.openSession('chunked');
    chunked.write(inChunks(invoke(1, 'sample', 'echo', large))[0]);
    const cut = client.openSession('cut');
    cut.write(message(Buffer.alloc(5_000)).subarray(0, 3_000));
    const call = client.open(paths.call);
    call.write(message(Buffer.alloc(5_000)).subarray(0, 3_000));
    const statuses = await Promise.all(
      [chunked, cut, call].map(
        (stream) =>
          new Promise((resolve) => {
            const note = (headers: IncomingHttpHeaders): void => {
              if (headers['grpc-status'] !== undefined) {
                resolve(headers['grpc-status']);
              }
            };
            stream.on('trailers', note).on('response', note).resume();
          }),
      ),
    );
    expect(statuses.map(String)).to.deep.equal(['4', '4', '4']);
  });

  it('keeps a session whose large frame arrives slowly, and lets large frames wait for room', async () => {
    await using server = await startSample({ maxBufferedBytes: 4 * mib, frameMs: 1_000 });
    using client = new RawClient(server.address);
    const slow = client.openSession('slow');
    const [first, ...rest] = inChunks(invoke(1, 'sample', 'echo', large));
    slow.write(first);
    await using other = connectTo(server.address);
    const sample = other.proxy<Sample>('sample');
    await eventually(async () => (await sample.echo('small')) === 'small');
    let isAnswered = false;
    const waiting = sample.echo(Buffer.alloc(3 * mib)).then((echoed) => {
      isAnswered = true;
      return echoed;
    });
    await using third = connectTo(server.address);
    expect(await third.proxy<Sample>('sample').echo('small')).to.equal('small');
    expect(isAnswered).to.equal(false);
    rest.forEach((chunk) => slow.write(chunk));
    slow.resume();
    expect(await waiting).to.have.length(3 * mib);
  });

  it('gives the memory of clients that leave to those that wait', async () => {
    await using server = await startSample({ maxBufferedBytes: 4 * mib });
    const client = new RawClient(server.address);
    client.openSession().write(inChunks(invoke(1, 'sample', 'echo', large))[0]);
    await using other = connectTo(server.address);
    const waiting = other.proxy<Sample>('sample').echo(Buffer.alloc(3 * mib));
    client[Symbol.dispose]();
    expect(await waiting).to.have.length(3 * mib);
  });

  it('answers others between the calls of one that sends thousands at once', async () => {
    await using server = await startSample({ maxCalls: 100_000 });
    using client = new RawClient(server.address);
    await using other = connectTo(server.address);
    const sample = other.proxy<Sample>('sample');
    await sample.echo('open');
    const flood = client.openSession();
    let answered = 0;
    flood.on('data', (data: Buffer) => (answered += data.length));
    const frames = Array.from({ length: 10_000 }, (_, call) =>
      encodeFrames(invoke(call + 1, 'sample', 'echo', { json: '[1]', attachments: [] })),
    );
    flood.write(message(...frames));
    await eventually(() => answered > 0);
    const before = answered;
    await sample.echo('between');
    await eventually(() => answered > before);
  });

  it('refuses a Call with too many nested values, keys or values, once its method is found', async () => {
    await using server = await startSample({ maxValues: 1_000 });
    using client = new RawClient(server.address);
    const none = Buffer.from([8, 0]);
    const many = Array.from({ length: 1_001 }, () => field(1, none));
    const keys = Array.from({ length: 501 }, () => field(1, field(2, none)));
    let deep: Buffer = none;
    for (let level = 0; level < 300; level++) {
      deep = field(6, field(1, deep));
    }
    for (const [value, error] of [
      [deep, 'nested'],
      [field(6, Buffer.concat(many)), 'values'],
      [field(5, Buffer.concat(keys)), 'values'],
    ] as const) {
      expect(await callRaw(client, 'echo', value)).to.include(error);
      expect(await callRaw(client, 'none', value)).to.include('no%20method');
    }
    expect(await callRaw(client, 'echo', none)).to.equal(undefined);
  });
});

/** Encodes a field that is a message or text. */
function field(number: number, content: Buffer | string): Buffer {
  const bytes = Buffer.from(content);
  const length: number[] = [];
  for (let left = bytes.length; length.length === 0 || left > 0; left >>= 7) {
    length.push(left > 127 ? (left & 127) | 128 : left);
  }
  return Buffer.concat([Buffer.from([number * 8 + 2, ...length]), bytes]);
}

/** Calls a method of the sample with one Value, and returns the message of its error. */
function callRaw(client: RawClient, method: string, value: Buffer): Promise<string | undefined> {
  const stream = client.open(paths.call);
  stream.end(message(field(1, 'sample'), field(2, method), field(3, value)));
  return new Promise((resolve) => {
    let error: string | undefined;
    const note = (headers: IncomingHttpHeaders): void => {
      error ??= headers['grpc-status'] === '0' ? undefined : headers['grpc-message']?.toString();
    };
    stream
      .on('response', note)
      .on('trailers', note)
      .on('close', () => {
        resolve(error);
      })
      .resume();
  });
}
