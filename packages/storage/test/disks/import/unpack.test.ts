import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { RpcError } from '@patchbay/objects';
import { requireTools } from '@patchbay/objects/testing';

import { execTool } from '../../../src/exec.js';
import { checksumPattern } from '../../../src/disks/import/checksum.js';
import { failureOf } from '../volume-pool-suite.js';
import { content, image, type ImportBench, makeImportBench } from './import-bench.js';
import { serveWeb } from './web-server.js';

const MiB = 1024 * 1024;
const suffixes = { gzip: 'gz', bzip2: 'bz2', xz: 'xz', zstd: 'zst' } as const;
const packers = Object.keys(suffixes) as (keyof typeof suffixes)[];

function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Packs a file beside it, quickly, and returns the path of the packed one. */
async function pack(path: string, packer: keyof typeof suffixes): Promise<string> {
  await execTool(packer, ['-k', '-1', path]);
  return `${path}.${suffixes[packer]}`;
}

describe('an import of a compressed image', function () {
  this.timeout(60_000);

  before(function () {
    requireTools(this, 'qemu-img', 'prlimit', ...packers);
  });

  for (const packer of packers) {
    for (const format of ['raw', 'qcow2']) {
      it(`unpacks a ${format} image that ${packer} has packed, from a file, an upload and a URL`, async () => {
        await using bench = await makeImportBench();
        const source = await bench.makeImage(format);
        const packed = await pack(source, packer);
        await using server = await serveWeb((_request, response) => createReadStream(packed).pipe(response));
        for (const from of [packed, createReadStream(packed), server.url]) {
          const { result, steps } = await bench.run(from);
          expect(result).to.deep.equal({
            sizeBytes: content.length,
            sha256: sha256Of(await readFile(packed)),
            compression: packer,
            unpackedSha256: sha256Of(await readFile(source)),
            format,
            verifiedBy: 'compression',
          });
          expect((await readFile(bench.pool.path(image))).equals(content)).to.be.true;
          expect((await bench.pool.stat(image))?.usedBytes).to.be.within(2 * MiB, 4 * MiB);
          expect(steps.map(({ phase }) => phase)).to.include('unpack');
        }
      });
    }

    it(`refuses what ${packer} has packed and was cut, and leaves nothing`, async () => {
      await using bench = await makeImportBench();
      const packed = await pack(await bench.makeImage('raw'), packer);
      await truncate(packed, MiB);
      const error = (await failureOf(bench.run(packed))) as RpcError;
      expect(error.reason, error.message).to.equal('SOURCE_CORRUPT');
      expect(error.message).to.match(/cannot be unpacked: .*(end|trunc|EOF|premature)/i);
      await bench.expectNothingLeft();
    });
  }

  it('unpacks no more than the size limit of an image', async () => {
    await using bench = await makeImportBench({ maxImageBytes: 64 * MiB });
    const zeros = join(bench.sources, 'zeros');
    await writeFile(zeros, '');
    await truncate(zeros, 1024 * MiB);
    const error = (await failureOf(bench.run(await pack(zeros, 'zstd')))) as RpcError;
    expect(error.reason).to.equal('SOURCE_REFUSED');
    expect(error.message).to.include('maxImageBytes');
    await bench.expectNothingLeft();
  });

  it('stops unpacking when it is cancelled', async () => {
    await using bench = await makeImportBench();
    const packed = await pack(await bench.makeImage('raw'), 'gzip');
    const controller = new AbortController();
    const reason = new Error('the caller went away');
    const steps = bench.importer.importImage(image, `server:${packed}`, { signal: controller.signal });
    const run = async (): Promise<void> => {
      for await (const { phase } of steps) {
        if (phase === 'unpack') {
          controller.abort(reason);
        }
      }
    };
    expect(await failureOf(run())).to.equal(reason);
    await bench.expectNothingLeft();
  });

  for (const [what, bytes, why] of [
    ['text', Buffer.from('Not found\n'), /it begins with.*Not found/],
    [
      'a tar',
      Buffer.concat([Buffer.alloc(257, 1), Buffer.from('ustar\0'), Buffer.alloc(9000)]),
      /tar archive/,
    ],
    ['another compressed file', Buffer.from('1f8b0800', 'hex'), /compressed twice/],
  ] as const) {
    it(`refuses ${what} that is compressed`, async () => {
      await using bench = await makeImportBench();
      const source = join(bench.sources, 'source');
      await writeFile(source, bytes);
      const error = (await failureOf(bench.run(await pack(source, 'gzip')))) as RpcError;
      expect(error.reason).to.equal('SOURCE_REFUSED');
      expect(error.message).to.match(why);
      await bench.expectNothingLeft();
    });
  }

  it('makes no checksum of what is mostly zeros, unless one is given', async () => {
    await using bench = await makeImportBench();
    const source = await bench.makeImage('raw');
    await truncate(source, 80 * MiB);
    const packed = await pack(source, 'gzip');
    const sha256 = sha256Of(await readFile(packed));
    const { result } = await bench.run(packed);
    expect(result).to.deep.equal({
      sizeBytes: 80 * MiB,
      sha256,
      compression: 'gzip',
      format: 'raw',
      verifiedBy: 'compression',
    });
    const unpackedSha256 = sha256Of(await readFile(source));
    expect((await bench.run(packed, { sha256: unpackedSha256 })).result).to.include({
      unpackedSha256,
      verifiedBy: 'unpackedSha256',
    });
  });

  it('compares a checksum with that of the packed and of the unpacked bytes, and says which it was', async () => {
    await using bench = await makeImportBench();
    const source = await bench.makeImage('raw');
    const packed = await pack(source, 'gzip');
    const run = async (sha256: string): Promise<string> =>
      (await bench.run(packed, { sha256 })).result.verifiedBy;
    expect(await run(sha256Of(await readFile(packed)))).to.equal('sha256');
    expect(await run(sha256Of(await readFile(source)))).to.equal('unpackedSha256');
    expect(await failureOf(run('0'.repeat(64)))).to.include({ reason: 'CHECKSUM_MISMATCH' });
  });
});

describe('The checksum of an import', () => {
  const one = '0123456789abcdef'.repeat(4);
  const two = 'f'.repeat(64);
  const sums = `# comment\n${two} *other.img\n${one}  ./ubuntu.img.xz\n`;
  const signed = `-----BEGIN PGP SIGNED MESSAGE-----\n\nSHA256 (ubuntu.img) = ${one}\nSHA256 (b) = ${two}\n`;
  const web = 'http://127.0.0.1/dir/ubuntu.img.xz?token=1';
  const file = 'server:/srv/ubuntu.img.xz';

  async function withSums(
    text: string,
    test: (bench: ImportBench, url: string) => Promise<void>,
  ): Promise<void> {
    await using bench = await makeImportBench();
    await using server = await serveWeb((_request, response) => response.end(text));
    await test(bench, `${server.url}/SHA256SUMS`);
  }

  for (const text of [
    one,
    one.toUpperCase(),
    `sha256:${one}`,
    `SHA256:${one}`,
    `${one}  ubuntu.img`,
    `${one} *ubuntu.img\n`,
    `\\${one}  a\\nb`,
    `SHA256 (ubuntu.img) = ${one}`,
  ]) {
    it(`is read from ${JSON.stringify(text)}`, () =>
      withSums('', async ({ importer }) => {
        expect(text).to.match(checksumPattern);
        expect(await importer.readChecksum(text, file, new AbortController().signal)).to.equal(one);
      }));
  }

  for (const text of [
    '',
    'abc',
    `${one}0`,
    `md5:${one}`,
    `${one}${one}`,
    'server:/SHA256SUMS',
    'ftp://a/b',
  ]) {
    it(`is not ${JSON.stringify(text)}`, () => {
      expect(text).to.not.match(checksumPattern);
    });
  }

  const found: readonly (readonly [string, string, string | AsyncIterable<Buffer>])[] = [
    ['by the name of a file', sums, file],
    ['by the name in a URL', sums, web],
    ['by the name without the suffix of its compression', signed, file],
    ['as the only one', `${one}  whatever`, createReadStream('/dev/null')],
    ['without a name', one, web],
  ];
  for (const [how, text, source] of found) {
    it(`is found in what a URL has, ${how}`, () =>
      withSums(text, async ({ importer }, url) => {
        expect(await importer.readChecksum(url, source, new AbortController().signal)).to.equal(one);
      }));
  }

  const missing: readonly (readonly [string, string, string | AsyncIterable<Buffer>, RegExp])[] = [
    ['a web page', '<html>', file, /no line of sha256sum/],
    ['other files', sums, 'server:/srv/debian.img', /none, or several, of "debian.img"/],
    ['several files, for an upload', sums, createReadStream('/dev/null'), /an upload has no name/],
    ['too much', `${one}  a\n`.repeat(20_000), file, /larger than 1 MiB/],
  ];
  for (const [what, text, source, why] of missing) {
    it(`is not found in a URL that has ${what}`, () =>
      withSums(text, async ({ importer }, url) => {
        const error = (await failureOf(
          importer.readChecksum(url, source, new AbortController().signal),
        )) as RpcError;
        expect(error.reason).to.equal('SOURCE_REFUSED');
        expect(error.message).to.match(why);
      }));
  }

  it('is fetched only from where images may be', () =>
    withSums(sums, async () => {
      await using bench = await makeImportBench({ web: { networks: ['10.0.0.0/8'] } });
      const reading = bench.importer.readChecksum('http://127.0.0.1/S', file, new AbortController().signal);
      expect(await failureOf(reading)).to.include({ reason: 'SOURCE_REFUSED' });
    }));
});
