import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { gzipSync } from 'node:zlib';

import { type RpcError, systemClock } from '@patchbay/objects';
import { eventually, FakeClock } from '@patchbay/objects/testing';

import { TemporaryFiles } from '../../../src/disks/file/temporary-files.js';
import { download, type DownloadOptions } from '../../../src/disks/import/download.js';
import { openDownloadPart } from '../../../src/disks/import/download-part.js';
import { WebPolicy } from '../../../src/disks/import/web-policy.js';
import { makeScratch } from '../scratch.js';
import { failureOf } from '../volume-pool-suite.js';
import { serveWeb } from './web-server.js';

const content = Buffer.alloc(300_000, 'patchbay');
const sha256 = createHash('sha256').update(content).digest('hex');

interface Downloaded {
  readonly result: Promise<string | undefined>;
  readonly written: () => Promise<Buffer>;
  readonly totals: readonly (number | undefined)[];
}

/** A directory for downloads, and what each needs. */
async function withPlace(
  test: (download: (url: string, options?: Partial<DownloadOptions>) => Downloaded) => Promise<void>,
): Promise<void> {
  await using scratch = await makeScratch();
  const temporaries = new TemporaryFiles(scratch.path, systemClock);
  await test((url, options = {}) => {
    const totals: (number | undefined)[] = [];
    const place: { path?: string } = {};
    const run = async (): Promise<string | undefined> => {
      const part = await openDownloadPart(temporaries, new URL(url), false);
      place.path = part.path;
      try {
        const received = await download(new URL(url), part, {
          clock: systemClock,
          policy: new WebPolicy({ networks: ['127.0.0.0/8'] }),
          stallTimeoutMs: 60_000,
          assertSize: () => undefined,
          makeRoom: () => Promise.resolve(),
          report: (_done, total) => totals.push(total),
          signal: new AbortController().signal,
          ...options,
        });
        return received.sha256;
      } finally {
        written = await readFile(part.path);
        await part[Symbol.asyncDispose]();
      }
    };
    let written: Buffer | undefined;
    const result = run();
    // A test may await the result after it rejects.
    result.catch(() => undefined);
    return {
      result,
      totals,
      written: async () => {
        await result.catch(() => undefined);
        return written ?? Buffer.alloc(0);
      },
    };
  });
}

async function withDownload(
  handler: RequestListener,
  test: (downloaded: Downloaded) => Promise<void>,
  options: Partial<DownloadOptions> = {},
): Promise<void> {
  await withPlace(async (start) => {
    await using server = await serveWeb(handler);
    const downloaded = start(`${server.url}/a.img`, options);
    try {
      await test(downloaded);
    } finally {
      await downloaded.result.catch(() => undefined);
    }
  });
}

/** Serves `content`, closing each connection after a number of bytes, and records the requested ranges. */
function breakingServer(
  breakAfterBytes: number,
  headers: Readonly<Record<string, string>> = { etag: '"v1"' },
): { readonly handler: RequestListener; readonly ranges: (string | undefined)[] } {
  const ranges: (string | undefined)[] = [];
  return {
    ranges,
    handler: (request, response) => {
      const { range } = request.headers;
      ranges.push(range);
      const isSame = request.headers['if-range'] === headers.etag;
      const begin = range === undefined || !isSame ? 0 : Number(/\d+/.exec(range)?.[0]);
      const end = Math.min(content.length, begin + breakAfterBytes);
      response.writeHead(begin === 0 ? 200 : 206, {
        ...headers,
        'content-length': content.length - begin,
        ...(begin === 0
          ? {}
          : {
              'content-range': `bytes ${String(begin)}-${String(content.length - 1)}/${String(content.length)}`,
            }),
      });
      response.write(content.subarray(begin, end), () => {
        if (end < content.length) {
          response.socket?.destroy();
        } else {
          response.end();
        }
      });
    },
  };
}

/** Advances a clock, second by second, until a download has ended. */
async function advanceUntilEnded(clock: FakeClock, result: Promise<unknown>): Promise<void> {
  let ended = false;
  const end = (): void => {
    ended = true;
  };
  result.then(end, end);
  await eventually(async () => {
    await clock.advance(1000);
    return ended;
  });
}

async function reasonOf(promise: Promise<unknown>): Promise<string> {
  return ((await failureOf(promise)) as RpcError).reason;
}

describe('download', function () {
  this.timeout(20_000);

  it('writes what the server sends, and returns its SHA-256', () =>
    withDownload(
      (_request, response) => response.setHeader('content-length', content.length).end(content),
      async ({ result, written, totals }) => {
        expect(await result).to.equal(sha256);
        expect((await written()).equals(content)).to.be.true;
        expect(new Set(totals)).to.deep.equal(new Set([content.length]));
      },
    ));

  it('accepts a response of unknown length', () =>
    withDownload(
      (_request, response) => {
        response.write(content.subarray(0, 1000));
        response.end(content.subarray(1000));
      },
      async ({ result, totals }) => {
        expect(await result).to.equal(sha256);
        expect(new Set(totals)).to.deep.equal(new Set([undefined]));
      },
    ));

  it('requests the file unencoded, and still decodes an encoded response', () =>
    withDownload(
      (request, response) => {
        const encoded = gzipSync(content);
        response.setHeader('x-asked', String(request.headers['accept-encoding']));
        response.setHeader('content-encoding', 'gzip').setHeader('content-length', encoded.length);
        response.end(request.headers['accept-encoding'] === 'identity' ? encoded : 'wrong');
      },
      async ({ result, totals }) => {
        expect(await result).to.equal(sha256);
        expect(new Set(totals)).to.deep.equal(new Set([undefined]));
      },
    ));

  it('follows a redirect', () =>
    withDownload(
      (request, response) => {
        if (request.url === '/a.img') {
          response.writeHead(302, { location: '/b.img' }).end();
        } else {
          response.end(content);
        }
      },
      async ({ result }) => {
        expect(await result).to.equal(sha256);
      },
    ));

  for (const location of ['file:///etc/passwd', 'ftp://example.org/a', 'data:,hello', '/a.img']) {
    it(`refuses a redirect to ${location}${location === '/a.img' ? ', which never ends' : ''}`, () =>
      withDownload(
        (_request, response) => response.writeHead(302, { location }).end(),
        async ({ result }) => {
          expect(await reasonOf(result)).to.equal('SOURCE_REFUSED');
        },
      ));
  }

  const statuses = [
    [404, 'SOURCE_NOT_FOUND'],
    [410, 'SOURCE_NOT_FOUND'],
    [401, 'SOURCE_REFUSED'],
    [403, 'SOURCE_REFUSED'],
    [408, 'SOURCE_UNAVAILABLE'],
    [429, 'SOURCE_UNAVAILABLE'],
    [500, 'SOURCE_UNAVAILABLE'],
    [503, 'SOURCE_UNAVAILABLE'],
  ] as const;
  for (const [status, reason] of statuses) {
    it(`reports the HTTP status ${String(status)} as ${reason}, and names the status`, () => {
      const clock = new FakeClock();
      return withDownload(
        (_request, response) => response.writeHead(status).end('a page about it'),
        async ({ result }) => {
          await advanceUntilEnded(clock, result);
          const error = (await failureOf(result)) as RpcError;
          expect(error.reason).to.equal(reason);
          expect(error.message).to.include(String(status));
        },
        { clock, stallTimeoutMs: 1e9 },
      );
    });
  }

  it('reports it when nothing listens there, after several retries', () =>
    withPlace(async (start) => {
      const clock = new FakeClock();
      const server = await serveWeb(() => undefined);
      await server[Symbol.asyncDispose]();
      const { result } = start(server.url, { clock, stallTimeoutMs: 1e9 });
      const startedAtMs = clock.monotonicMs();
      await advanceUntilEnded(clock, result);
      expect(await reasonOf(result)).to.equal('SOURCE_UNAVAILABLE');
      expect(clock.monotonicMs() - startedAtMs).to.be.within(30_000, 60_000);
    }));

  const busy: readonly (readonly [number, (clock: FakeClock) => Record<string, string>, number])[] = [
    [503, () => ({}), 1],
    [502, () => ({}), 1],
    [429, () => ({ 'retry-after': '40' }), 40],
    [503, (clock) => ({ 'retry-after': new Date(clock.now() + 60_000).toUTCString() }), 59],
    [503, () => ({ 'retry-after': 'soon' }), 1],
  ];
  for (const [status, headersAt, waitS] of busy) {
    it(`is retried after ${String(waitS)} s when the server first responds with ${String(status)}`, () => {
      const clock = new FakeClock();
      const headers = headersAt(clock);
      const startedAtMs = clock.monotonicMs();
      let asked = 0;
      return withDownload(
        (_request, response) => {
          asked += 1;
          if (asked === 1) {
            response.writeHead(status, headers).end('busy');
          } else {
            response.end(content);
          }
        },
        async ({ result }) => {
          await advanceUntilEnded(clock, result);
          expect(await result).to.equal(sha256);
          expect(asked).to.equal(2);
          expect(clock.monotonicMs() - startedAtMs).to.be.at.least(waitS * 1000);
        },
        { clock, stallTimeoutMs: 1e9 },
      );
    });
  }

  it('is not retried when the server asks to wait for hours', () =>
    withDownload(
      (_request, response) => response.writeHead(503, { 'retry-after': '7200' }).end(),
      async ({ result }) => {
        expect(await failureOf(result)).to.match(/asks to wait 7200 s/);
      },
    ));

  for (const length of [content.length, undefined]) {
    it(`reports it when the connection breaks, with the length ${length === undefined ? 'un' : ''}known`, () =>
      withDownload(
        (_request, response) => {
          if (length !== undefined) {
            response.setHeader('content-length', length);
          }
          response.write(content.subarray(0, 1000), () => response.socket?.destroy());
        },
        async ({ result }) => {
          expect(await reasonOf(result)).to.equal('SOURCE_UNAVAILABLE');
        },
      ));
  }

  it('times out on a server that sends nothing more', () => {
    const clock = new FakeClock();
    return withDownload(
      (_request, response) => response.write(content.subarray(0, 1000)),
      async ({ result, totals }) => {
        await eventually(() => totals.length > 0);
        await clock.advance(10_000);
        await clock.advance(10_000);
        const error = (await failureOf(result)) as RpcError;
        expect(error.reason).to.equal('SOURCE_UNAVAILABLE');
        expect(error.message).to.include('nothing for 10 s');
      },
      { clock, stallTimeoutMs: 10_000 },
    );
  });

  it('writes nothing when there is no room for the length that the server announces', () => {
    const full = new Error('full');
    return withDownload(
      (_request, response) => response.setHeader('content-length', content.length).end(content),
      async ({ result, written }) => {
        expect(await failureOf(result)).to.equal(full);
        expect(await written()).to.have.length(0);
      },
      { makeRoom: () => Promise.reject(full) },
    );
  });

  it('rejects with the reason of its signal', () => {
    const controller = new AbortController();
    const reason = new Error('the caller went away');
    return withDownload(
      (_request, response) => response.write(content.subarray(0, 1000)),
      async ({ result, totals }) => {
        await eventually(() => totals.length > 0);
        controller.abort(reason);
        expect(await failureOf(result)).to.equal(reason);
      },
      { signal: controller.signal },
    );
  });

  it('resumes where a connection broke, after a delay, and returns the SHA-256 of the whole', async () => {
    const clock = new FakeClock();
    const { handler, ranges } = breakingServer(120_000);
    await withDownload(
      handler,
      async ({ result, written }) => {
        await advanceUntilEnded(clock, result);
        expect(await result).to.equal(sha256);
        expect((await written()).equals(content)).to.be.true;
        const begins = ranges.slice(1).map((range) => Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1]));
        expect(begins.length).to.be.at.least(2);
        expect(begins).to.deep.equal([...begins].sort((a, b) => a - b));
        expect(begins[0]).to.be.greaterThan(0);
      },
      { clock, stallTimeoutMs: 1e9 },
    );
  });

  it('starts over when the file has changed meanwhile', () =>
    withPlace(async (start) => {
      const leaving = new AbortController();
      let headers = { etag: '"old"' };
      let changed = Buffer.alloc(200_000, 'old');
      const ranges: (string | undefined)[] = [];
      await using server = await serveWeb((request, response) => {
        response.writeHead(200, { ...headers, 'content-length': changed.length });
        if (headers.etag === '"old"') {
          response.write(changed.subarray(0, 100_000));
        } else {
          ranges.push(request.headers.range);
          response.end(changed);
        }
      });
      const first = start(`${server.url}/a.img`, { signal: leaving.signal });
      await eventually(() => first.totals.length > 1);
      leaving.abort(new Error('left'));
      await failureOf(first.result);
      headers = { etag: '"new"' };
      changed = content;

      const second = start(`${server.url}/a.img`);

      expect(await second.result).to.equal(sha256);
      expect((await second.written()).equals(content)).to.be.true;
      expect(ranges).to.have.length(1);
      expect(ranges[0]).to.match(/^bytes=/);
    }));

  it('is resumed by the next one after it was cancelled', () =>
    withPlace(async (start) => {
      const { handler, ranges } = breakingServer(1e9);
      let holding = true;
      await using server = await serveWeb((request, response) => {
        if (holding) {
          response.writeHead(200, { etag: '"v1"', 'content-length': content.length });
          response.write(content.subarray(0, 100_000));
        } else {
          handler(request, response);
        }
      });
      const leaving = new AbortController();
      const first = start(`${server.url}/a.img`, { signal: leaving.signal });
      await eventually(() => first.totals.length > 1);
      leaving.abort(new Error('left'));
      await failureOf(first.result);
      holding = false;

      const second = start(`${server.url}/a.img`);

      expect(await second.result).to.equal(sha256);
      expect((await second.written()).equals(content)).to.be.true;
      expect(ranges).to.have.length(1);
      expect(ranges[0]).to.match(/^bytes=[1-9]\d*-$/);
    }));

  it('gives up when several retries in a row make no progress', async () => {
    const clock = new FakeClock();
    let asked = 0;
    const { handler } = breakingServer(1000);
    await withDownload(
      (request, response) => {
        asked += 1;
        if (asked === 1) {
          handler(request, response);
        } else {
          response.writeHead(503).end();
        }
      },
      async ({ result }) => {
        await advanceUntilEnded(clock, result);
        expect(await reasonOf(result)).to.equal('SOURCE_UNAVAILABLE');
        expect(asked).to.equal(6);
      },
      { clock, stallTimeoutMs: 1e9 },
    );
  });

  const unfit: readonly (readonly [string, Record<string, string>])[] = [
    ['neither ETag nor Last-Modified', {}],
    ['a weak ETag', { etag: 'W/"v1"' }],
  ];
  for (const [what, headers] of unfit) {
    it(`does not resume a file that has ${what}`, () => {
      const { handler, ranges } = breakingServer(1000, headers);
      return withDownload(handler, async ({ result }) => {
        expect(await reasonOf(result)).to.equal('SOURCE_UNAVAILABLE');
        expect(ranges).to.have.length(1);
      });
    });
  }

  it('refuses what exceeds the size limit, before receiving it', () =>
    withDownload(
      (_request, response) => response.setHeader('content-length', content.length).write('x'),
      async ({ result }) => {
        expect(await failureOf(result)).to.have.property('message', 'too large');
      },
      {
        assertSize: (sizeBytes) => {
          if (sizeBytes > 1000) {
            throw new Error('too large');
          }
        },
      },
    ));
});
