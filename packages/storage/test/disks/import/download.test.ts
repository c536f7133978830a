import { createHash } from 'node:crypto';
import { type RequestListener } from 'node:http';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { expect } from 'chai';

import { type RpcError, systemClock } from '@patchbay/core';
import { eventually, FakeClock } from '@patchbay/core/testing';

import { download, type DownloadOptions } from '../../../src/disks/import/download.js';
import { makeScratch } from '../scratch.js';
import { failureOf } from '../volume-pool-suite.js';
import { serveWeb } from './web-server.js';

const content = Buffer.alloc(300_000, 'patchbay');
const sha256 = createHash('sha256').update(content).digest('hex');

interface Downloaded {
  readonly result: Promise<string>;
  readonly written: () => Promise<Buffer>;
  readonly totals: readonly (number | undefined)[];
}

async function withDownload(
  handler: RequestListener,
  test: (downloaded: Downloaded) => Promise<void>,
  options: Partial<DownloadOptions> = {},
): Promise<void> {
  await using scratch = await makeScratch();
  await using server = await serveWeb(handler);
  const path = join(scratch.path, 'file');
  const file = await open(path, 'wx+');
  const totals: (number | undefined)[] = [];
  const result = download(new URL(`${server.url}/a.img`), file, {
    clock: systemClock,
    stallTimeoutMs: 60_000,
    assertRoom: () => Promise.resolve(),
    report: (_done, total) => totals.push(total),
    signal: new AbortController().signal,
    ...options,
  });
  // A test may look at the result later than it comes.
  result.catch(() => undefined);
  try {
    await test({ result, written: () => readFile(path), totals });
  } finally {
    await result.catch(() => undefined);
    await file.close();
  }
}

async function reasonOf(promise: Promise<unknown>): Promise<string> {
  return ((await failureOf(promise)) as RpcError).reason;
}

describe('download', function () {
  this.timeout(20_000);

  it('writes what the server sends, and gives its SHA-256', () =>
    withDownload(
      (_request, response) => response.setHeader('content-length', content.length).end(content),
      async ({ result, written, totals }) => {
        expect(await result).to.equal(sha256);
        expect((await written()).equals(content)).to.be.true;
        expect(new Set(totals)).to.deep.equal(new Set([content.length]));
      },
    ));

  it('takes an answer of unknown length', () =>
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

  it('asks for the file as it is, and unpacks what comes encoded in transit all the same', () =>
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
    it(`answers the HTTP status ${String(status)} with ${reason}, and names the status`, () =>
      withDownload(
        (_request, response) => response.writeHead(status).end('a page about it'),
        async ({ result }) => {
          const error = (await failureOf(result)) as RpcError;
          expect(error.reason).to.equal(reason);
          expect(error.message).to.include(String(status));
        },
      ));
  }

  it('says so when nobody listens there', async () => {
    const server = await serveWeb(() => undefined);
    await server[Symbol.asyncDispose]();
    await using scratch = await makeScratch();
    const file = await open(join(scratch.path, 'file'), 'wx+');
    const result = download(new URL(server.url), file, {
      clock: systemClock,
      stallTimeoutMs: 60_000,
      assertRoom: () => Promise.resolve(),
      report: () => undefined,
      signal: new AbortController().signal,
    });
    expect(await reasonOf(result)).to.equal('SOURCE_UNAVAILABLE');
    await file.close();
  });

  for (const length of [content.length, undefined]) {
    it(`says so when the connection breaks, the length being ${length === undefined ? 'un' : ''}known`, () =>
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

  it('gives up a server that sends nothing more', () => {
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

  it('writes nothing when there is no room for what the server announces', () => {
    const full = new Error('full');
    return withDownload(
      (_request, response) => response.setHeader('content-length', content.length).end(content),
      async ({ result, written }) => {
        expect(await failureOf(result)).to.equal(full);
        expect(await written()).to.have.length(0);
      },
      { assertRoom: () => Promise.reject(full) },
    );
  });

  it('ends with the reason of its signal', () => {
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
});
