import { mkdir, open, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';

import { type RpcError } from '@patchbay/core';
import { requireTools } from '@patchbay/core/testing';

import { execTool } from '../../../src/exec.js';
import { failureOf } from '../volume-pool-suite.js';
import { content, image, type ImportBench, makeImportBench } from './import-bench.js';

async function overwrite(path: string, position: number, bytes: Buffer): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(bytes, 0, bytes.length, position);
  await file.close();
}

async function create(bench: ImportBench, ...args: readonly string[]): Promise<string> {
  const path = join(bench.sources, 'created');
  await execTool('qemu-img', ['create', ...args, path, '16M']);
  return path;
}

/** A descriptor that names a file of the host as the disk's content. */
const descriptor = `# Disk DescriptorFile
version=1
CID=12345678
parentCID=ffffffff
createType="monolithicFlat"
RW 4 FLAT "/etc/passwd" 0
`;

describe('an import of an image that is more than itself', function () {
  this.timeout(60_000);

  before(function () {
    requireTools(this, 'qemu-img', 'prlimit');
  });

  const malicious: readonly (readonly [string, RegExp, (bench: ImportBench) => Promise<string>])[] = [
    [
      'a qcow2 with a backing file',
      /backing file/,
      (bench) => create(bench, '-f', 'qcow2', '-u', '-b', '/etc/passwd', '-F', 'raw'),
    ],
    [
      'a qcow2 of the old version with a backing file',
      /backing file/,
      (bench) => create(bench, '-f', 'qcow2', '-o', 'compat=0.10', '-u', '-b', '/etc/passwd', '-F', 'raw'),
    ],
    [
      'a qcow2 with its data in another file',
      /another file/,
      (bench) => create(bench, '-f', 'qcow2', '-o', `data_file=${join(bench.sources, 'data')}`),
    ],
    [
      'an encrypted qcow2',
      /encrypted/,
      (bench) =>
        create(
          bench,
          ...['--object', 'secret,id=key,data=secret', '-f', 'qcow2'],
          ...['-o', 'encrypt.format=aes,encrypt.key-secret=key'],
        ),
    ],
    ['a qcow of version 1', /version 1/, (bench) => create(bench, '-f', 'qcow')],
    ['a QED', /QED/, (bench) => create(bench, '-f', 'qed')],
    [
      'a vmdk descriptor',
      /descriptor/,
      async (bench) => {
        await writeFile(join(bench.sources, 'flat.vmdk'), descriptor);
        return join(bench.sources, 'flat.vmdk');
      },
    ],
    [
      'a vmdk descriptor in the guise of a sparse vmdk',
      /descriptor/,
      async (bench) => {
        const path = join(bench.sources, 'guise.vmdk');
        const header = Buffer.alloc(1024);
        header.write('KDMV');
        header.writeUInt32LE(1, 4);
        header.writeBigUInt64LE(1n, 28);
        header.writeBigUInt64LE(2n, 36);
        await writeFile(path, Buffer.concat([header.subarray(0, 512), Buffer.from(descriptor), header]));
        return path;
      },
    ],
    [
      'a vmdk with a parent',
      /another file/,
      async (bench) => {
        const parent = await bench.makeImage('vmdk');
        return create(bench, '-f', 'vmdk', '-b', parent, '-F', 'vmdk');
      },
    ],
    [
      'a vdi with a parent',
      /another vdi/,
      async (bench) => {
        const path = await bench.makeImage('vdi');
        await overwrite(path, 0x1b8, Buffer.alloc(16, 'p'));
        return path;
      },
    ],
    [
      'a VHD with a parent',
      /another VHD/,
      async (bench) => {
        const path = await bench.makeImage('vpc');
        const size = (await readFile(path)).length;
        for (const footer of [0, size - 512]) {
          await overwrite(path, footer + 60, Buffer.from([0, 0, 0, 4]));
        }
        return path;
      },
    ],
  ];
  for (const [name, why, make] of malicious) {
    it(`refuses ${name}, says why, and leaves nothing`, async () => {
      await using bench = await makeImportBench();
      const error = (await failureOf(bench.run(await make(bench)))) as RpcError;
      expect(error.reason, error.message).to.equal('SOURCE_REFUSED');
      expect(error.message).to.match(why);
      await bench.expectNothingLeft();
    });
  }

  const mistaken: readonly (readonly [string, Buffer, RegExp])[] = [
    ['a file packed with gzip', Buffer.from('1f8b08', 'hex'), /gzip/],
    ['a file packed with xz', Buffer.from('fd377a585a00', 'hex'), /xz/],
    ['a file packed with zstd', Buffer.from('28b52ffd', 'hex'), /zstd/],
    ['a file packed with bzip2', Buffer.from('BZh9'), /bzip2/],
    ['a file packed with zip', Buffer.from('504b0304', 'hex'), /zip/],
    ['a web page', Buffer.from('<!DOCTYPE html><html>'), /web page/],
  ];
  for (const [name, start, why] of mistaken) {
    it(`refuses ${name} and says what it is`, async () => {
      await using bench = await makeImportBench();
      const path = join(bench.sources, 'mistaken');
      await writeFile(path, Buffer.concat([start, Buffer.alloc(4096)]));
      const error = (await failureOf(bench.run(path))) as RpcError;
      expect(error.reason).to.equal('SOURCE_REFUSED');
      expect(error.message).to.match(why);
      await bench.expectNothingLeft();
    });
  }
});

describe('an import of something that is no plain file', function () {
  this.timeout(60_000);

  const things: readonly (readonly [string, string, (bench: ImportBench) => string | Promise<string>])[] = [
    ['a directory', 'SOURCE_REFUSED', ({ sources }) => sources],
    ['a device', 'SOURCE_REFUSED', () => '/dev/zero'],
    [
      'a FIFO, without waiting for its writer',
      'SOURCE_REFUSED',
      async ({ sources }) => {
        await execTool('mkfifo', [join(sources, 'fifo')]);
        return join(sources, 'fifo');
      },
    ],
    [
      'a symbolic link',
      'SOURCE_REFUSED',
      async ({ sources }) => {
        await symlink('/etc/passwd', join(sources, 'link'));
        return join(sources, 'link');
      },
    ],
    ['nothing at all', 'SOURCE_NOT_FOUND', ({ sources }) => join(sources, 'missing')],
    ['nothing in what is no directory', 'SOURCE_NOT_FOUND', () => '/etc/passwd/image'],
    ['a name that is too long', 'SOURCE_NOT_FOUND', ({ sources }) => join(sources, 'a'.repeat(300))],
  ];
  for (const [name, reason, make] of things) {
    it(`answers ${name} with ${reason}`, async () => {
      await using bench = await makeImportBench();
      const error = (await failureOf(bench.run(await make(bench)))) as RpcError;
      expect(error.reason, error.message).to.equal(reason);
      await bench.expectNothingLeft();
    });
  }
});

describe('an import where only some directories are allowed', function () {
  this.timeout(60_000);

  before(function () {
    requireTools(this, 'qemu-img', 'prlimit');
  });

  async function withAllowed(test: (bench: ImportBench, allowed: string) => Promise<void>): Promise<void> {
    await using place = await makeImportBench();
    const allowed = join(place.sources, 'allowed');
    await mkdir(join(allowed, 'below'), { recursive: true });
    await mkdir(`${allowed}-not`);
    for (const path of [
      join(allowed, 'below', 'image'),
      `${allowed}-not/image`,
      join(place.sources, 'image'),
    ]) {
      await writeFile(path, content);
    }
    await symlink(place.sources, join(allowed, 'out'));
    await using bench = await makeImportBench({
      sourceDirectories: [join(place.sources, 'missing'), allowed],
    });
    await test(bench, allowed);
  }

  it('takes a file from below one of them', () =>
    withAllowed(async (bench, allowed) => {
      await bench.run(join(allowed, 'below', 'image'));
      expect((await readFile(bench.pool.path(image))).equals(content)).to.be.true;
    }));

  for (const path of ['../image', '../allowed-not/image', 'out/image', 'below/../../image']) {
    it(`refuses what ${path} leads to`, () =>
      withAllowed(async (bench, allowed) => {
        const error = (await failureOf(bench.run(`${allowed}/${path}`))) as RpcError;
        expect(error.reason).to.equal('SOURCE_REFUSED');
        expect(error.message).to.include(allowed);
        await bench.expectNothingLeft();
      }));
  }
});
