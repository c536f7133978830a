import { expect } from 'chai';
import fc from 'fast-check';
import { once } from 'node:events';
import { constants, createServer, type Http2Server, type ServerHttp2Stream, type Settings } from 'node:http2';
import type { AddressInfo } from 'node:net';

import { eventually } from '@patchbay/objects/testing';

import { dialPlain } from '../../../src/client/dialled.js';
import { Http2Stream } from '../../../src/client/http2/http2-stream.js';

const mib = 1024 ** 2;

/** A server of node:http2, as the reference. */
async function serve(
  answer: (stream: ServerHttp2Stream, headers: Readonly<Record<string, unknown>>) => void,
  settings: Settings = {},
): Promise<AsyncDisposable & { readonly address: string }> {
  const server: Http2Server = createServer({ settings });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    answer(stream, headers);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    [Symbol.asyncDispose]: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}

/** What was received from a stream. */
class Seen {
  readonly headers: Record<string, string>[] = [];
  readonly data: Buffer[] = [];
  readonly ends: string[] = [];
  readonly stream: Http2Stream;

  constructor(address: string) {
    this.stream = new Http2Stream(dialPlain(address), '/a.B/C', {
      onHeaders: (headers) => this.headers.push(Object.fromEntries(headers)),
      onData: (data) => this.data.push(data),
      onReset: (code) => this.ends.push(`reset by ${String(code)}`),
      onEnd: (why) => this.ends.push(why),
    });
  }

  /** Writes data as a message. */
  write(data: Buffer): void {
    this.stream.write(Buffer.concat([Buffer.alloc(Http2Stream.headroomBytes), data]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stream.end();
    await eventually(() => this.ends.length > 0);
  }
}

/** Bytes without repetition, so that lost or repeated ones are noticed. */
function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at + 4 <= length; at += 4) {
    bytes.writeUInt32LE(Math.imul(at, 2_654_435_761) >>> 0, at);
  }
  return bytes;
}

describe('an HTTP/2 stream', function () {
  this.timeout(30_000);

  it("sends the headers that gRPC's clients send", async () => {
    let asked: Readonly<Record<string, unknown>> = {};
    await using server = await serve((stream, headers) => {
      asked = headers;
      stream.respond({ ':status': 200 });
    });
    await using seen = new Seen(server.address);
    await eventually(() => seen.headers.length === 1);
    expect(asked).to.include({
      ':method': 'POST',
      ':scheme': 'http',
      ':path': '/a.B/C',
      ':authority': server.address,
      'content-type': 'application/grpc+proto',
      te: 'trailers',
    });
  });

  it('reads any headers that a server sends', async () => {
    const visible = fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map(String.fromCharCode) });
    const high = fc.string({ unit: fc.integer({ min: 0xa1, max: 0xff }).map(String.fromCharCode) });
    await fc.assert(
      fc.asyncProperty(visible, high, async (first, second) => {
        await using server = await serve((stream) => {
          stream.respond({ ':status': 200, 'x-first': first, 'x-second': second });
        });
        await using seen = new Seen(server.address);
        await eventually(() => seen.headers.length === 1);
        expect(seen.headers[0]).to.include({ ':status': '200', 'x-first': first, 'x-second': second });
      }),
      { numRuns: 50 },
    );
  });

  for (const status of [200, 204, 404, 418, 500]) {
    it(`reads the status ${String(status)}`, async () => {
      await using server = await serve((stream) => {
        stream.respond({ ':status': status });
      });
      await using seen = new Seen(server.address);
      await eventually(() => seen.headers.length === 1);
      expect(seen.headers[0]).to.include({ ':status': String(status) });
    });
  }

  it('reads headers that come in several frames, and trailers', async () => {
    const long = 'x'.repeat(40_000);
    await using server = await serve((stream) => {
      stream.respond({ ':status': 200, long }, { waitForTrailers: true });
      stream.on('wantTrailers', () => {
        stream.sendTrailers({ 'grpc-status': '5' });
      });
      stream.end();
    });
    await using seen = new Seen(server.address);
    await eventually(() => seen.headers.length === 2);
    expect(seen.headers[0]).to.include({ long });
    expect(seen.headers[1]).to.include({ 'grpc-status': '5' });
  });

  const peers: [what: string, settings: Settings][] = [
    ['usual', {}],
    ['with little room', { initialWindowSize: 1_000 }],
    ['with large frames', { initialWindowSize: 3 * mib, maxFrameSize: 2 * mib }],
  ];
  for (const [what, settings] of peers) {
    it(`sends a server ${what} all, in order`, async () => {
      const got: Buffer[] = [];
      await using server = await serve((stream) => {
        stream.respond({ ':status': 200 });
        stream.on('data', (data: Buffer) => got.push(data));
      }, settings);
      await using seen = new Seen(server.address);
      const sent = [1, 100, 16_384, 16_385, 300_000, 7, mib].map(pattern);
      sent.forEach((each) => {
        seen.write(each);
      });
      const all = Buffer.concat(sent);
      await eventually(() => got.reduce((sum, { length }) => sum + length, 0) === all.length, 20_000);
      expect(Buffer.concat(got).equals(all)).to.equal(true);
    });
  }

  it('receives more than its window holds', async () => {
    const all = pattern(20 * mib);
    await using server = await serve((stream) => {
      stream.respond({ ':status': 200 });
      stream.end(all);
    });
    await using seen = new Seen(server.address);
    await eventually(() => seen.ends.length > 0, 20_000);
    expect(Buffer.concat(seen.data).equals(all)).to.equal(true);
    expect(seen.ends[0]).to.equal('the server ended the stream');
  });

  it('removes the padding of data', async () => {
    const server = createServer({ paddingStrategy: constants.PADDING_STRATEGY_MAX });
    server.on('stream', (stream) => {
      stream.respond({ ':status': 200 });
      stream.end('plain');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      await using seen = new Seen(`127.0.0.1:${String((server.address() as AddressInfo).port)}`);
      await eventually(() => seen.ends.length > 0);
      expect(Buffer.concat(seen.data).toString()).to.equal('plain');
      expect(seen.headers[0]).to.include({ ':status': '200' });
    } finally {
      server.close();
    }
  });

  it('answers a ping, and notices the answer to its own', async () => {
    let heard = 0;
    await using server = await serve((stream) => {
      stream.respond({ ':status': 200 });
      stream.session?.ping(Buffer.from('12345678'), (error) => {
        heard += error === null ? 1 : 0;
      });
    });
    await using seen = new Seen(server.address);
    await eventually(() => heard === 1);
    const before = seen.stream.receivedBytes;
    seen.stream.ping();
    await eventually(() => seen.stream.receivedBytes >= before + 17);
  });

  it('reports why a server reset it', async () => {
    await using server = await serve((stream) => {
      stream.close(7);
    });
    await using seen = new Seen(server.address);
    await eventually(() => seen.ends.length > 0);
    expect(seen.ends[0]).to.equal('reset by 7');
  });

  it('ends the stream at the server', async () => {
    let code: number | undefined;
    await using server = await serve((stream) => {
      stream.respond({ ':status': 200 });
      stream.on('close', () => {
        code = stream.rstCode;
      });
    });
    {
      await using seen = new Seen(server.address);
      await eventually(() => seen.headers.length === 1);
    }
    await eventually(() => code !== undefined);
    expect(code).to.equal(8);
  });
});
