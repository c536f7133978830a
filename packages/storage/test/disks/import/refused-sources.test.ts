import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { RpcError } from '@patchbay/objects';
import { requireTools } from '@patchbay/objects/testing';

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

/** A descriptor that refers to a file of the host as the disk's content. */
const descriptor = `# Disk DescriptorFile
version=1
CID=12345678
parentCID=ffffffff
createType="monolithicFlat"
RW 4 FLAT "/etc/passwd" 0
`;

/** The fields of a hostile qcow2's header of 112 bytes. */
interface CraftedHeader {
  readonly virtualBytes?: bigint;
  readonly clusterBits?: number;
  /** The name of the backing file, after the header. */
  readonly backing?: string;
  readonly encryption?: number;
  readonly incompatible?: bigint;
  readonly l1Entries?: number;
  readonly l1At?: bigint;
}

/** Crafts a qcow2 that no tool would write. */
async function craft(bench: ImportBench, header: CraftedHeader, sizeBytes = 4 * 65536): Promise<string> {
  const { virtualBytes = 16n << 20n, clusterBits = 16, backing = '', encryption = 0 } = header;
  const bytes = Buffer.alloc(sizeBytes);
  bytes.write('QFI\xfb', 'latin1');
  bytes.writeUInt32BE(3, 4);
  bytes.writeBigUInt64BE(backing === '' ? 0n : 512n, 8);
  bytes.writeUInt32BE(backing.length, 16);
  bytes.writeUInt32BE(clusterBits, 20);
  bytes.writeBigUInt64BE(virtualBytes, 24);
  bytes.writeUInt32BE(encryption, 32);
  bytes.writeUInt32BE(header.l1Entries ?? 1, 36);
  bytes.writeBigUInt64BE(header.l1At ?? 65536n, 40);
  bytes.writeBigUInt64BE(2n * 65536n, 48);
  bytes.writeUInt32BE(1, 56);
  bytes.writeBigUInt64BE(header.incompatible ?? 0n, 72);
  bytes.writeUInt32BE(4, 96);
  bytes.writeUInt32BE(112, 100);
  bytes.write(backing, 512, 'latin1');
  const path = join(bench.sources, 'crafted.qcow2');
  await writeFile(path, bytes);
  return path;
}

describe('an import of an image with a crafted header', function () {
  this.timeout(60_000);

  before(function () {
    requireTools(this, 'qemu-img', 'prlimit');
  });

  const crafted: readonly (readonly [string, CraftedHeader, RegExp])[] = [
    ['whose backing file is /etc/shadow', { backing: '/etc/shadow' }, /REFUSED.*backing file/],
    ['whose backing file is a URL', { backing: 'http://169.254.169.254/latest' }, /REFUSED.*backing file/],
    ['whose backing file is a json: name', { backing: 'json:{"driver":"nbd"}' }, /REFUSED.*backing file/],
    ['that is encrypted with AES', { encryption: 1 }, /REFUSED.*encrypted/],
    ['that is encrypted with LUKS', { encryption: 2 }, /REFUSED.*encrypted/],
    ['whose data is in another file', { incompatible: 4n }, /REFUSED.*another file/],
    ['that is marked as corrupt', { incompatible: 2n }, /CORRUPT/],
    ['with a feature that nobody knows', { incompatible: 1n << 40n }, /REFUSED|CORRUPT/],
    ['of 8 EiB', { virtualBytes: (1n << 63n) - 512n }, /REFUSED|CORRUPT/],
    ['of 1 PiB', { virtualBytes: 1n << 50n, l1Entries: 1 << 21, clusterBits: 16 }, /REFUSED|CORRUPT/],
    ['of 2 TiB', { virtualBytes: 1n << 41n, l1Entries: 4096 }, /REFUSED.*maxImageBytes|CORRUPT/],
    ['with clusters of 2^60 bytes', { clusterBits: 60 }, /CORRUPT|REFUSED/],
    ['with clusters of one byte', { clusterBits: 0 }, /CORRUPT|REFUSED/],
    ['with a table of four billion entries', { l1Entries: 0xffffffff }, /CORRUPT|REFUSED/],
    ['with a table behind its end', { l1At: 1n << 40n }, /CORRUPT|REFUSED/],
    ['with a table at no cluster', { l1At: 513n }, /CORRUPT|REFUSED/],
  ];
  for (const [name, header, why] of crafted) {
    for (const way of ['file', 'upload'] as const) {
      it(`refuses a qcow2 ${name}, as a ${way}, and leaves nothing`, async () => {
        await using bench = await makeImportBench();
        const path = await craft(bench, header);
        const source = way === 'file' ? path : createReadStream(path);
        const error = (await failureOf(bench.run(source))) as RpcError;
        expect(`${error.reason} ${error.message}`).to.match(why);
        expect(error.code).to.equal('INVALID_ARGUMENT');
        expect(error.message).to.not.include('/proc/');
        await bench.expectNothingLeft();
      });
    }
  }

  it('never opens the file that a qcow2 refers to', async () => {
    const opened: string[] = [];
    await using bench = await makeImportBench({
      exec: (file, args, options) => {
        opened.push(args.join(' '));
        return execTool(file, args, options);
      },
    });
    await failureOf(bench.run(await craft(bench, { backing: '/etc/shadow' })));
    expect(opened).to.deep.equal([]);
  });

  const lies: readonly (readonly [string, string, number])[] = [
    ['a qcow2', 'QFI\xfb', 0],
    ['a vmdk', 'KDMV', 0],
    ['a vdi', '\x7f\x10\xda\xbe', 0x40],
    ['a vhdx', 'vhdxfile', 0],
    ['a VHD', 'conectix', 0],
  ];
  for (const [name, magic, at] of lies) {
    it(`refuses noise with the signature of ${name}, and leaves nothing`, async () => {
      await using bench = await makeImportBench();
      const bytes = randomBytes(1024 * 1024);
      bytes.write(magic, at, 'latin1');
      const path = join(bench.sources, 'noise');
      await writeFile(path, bytes);
      const error = (await failureOf(bench.run(path))) as RpcError;
      expect(error.reason, error.message).to.be.oneOf(['SOURCE_REFUSED', 'SOURCE_CORRUPT']);
      await bench.expectNothingLeft();
    });
  }

  it('refuses a raw disk that exceeds the size limit', async () => {
    await using bench = await makeImportBench({ maxImageBytes: 1024 * 1024 });
    const path = join(bench.sources, 'large.raw');
    await writeFile(path, '');
    await truncate(path, 2 * 1024 * 1024);
    const error = (await failureOf(bench.run(path))) as RpcError;
    expect(error.reason).to.equal('SOURCE_REFUSED');
    await bench.expectNothingLeft();
  });
});

describe('an import of an image that is not self-contained', function () {
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
    it(`refuses ${name} with the reason, and leaves nothing`, async () => {
      await using bench = await makeImportBench();
      const error = (await failureOf(bench.run(await make(bench)))) as RpcError;
      expect(error.reason, error.message).to.equal('SOURCE_REFUSED');
      expect(error.message).to.match(why);
      await bench.expectNothingLeft();
    });
  }
});

describe('an import of something that is not a regular file', function () {
  this.timeout(60_000);

  const sources: readonly (readonly [string, string, (bench: ImportBench) => string | Promise<string>])[] = [
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
    [
      'nothing in what is no directory',
      'SOURCE_NOT_FOUND',
      async ({ sources }) => {
        await writeFile(join(sources, 'file'), '');
        return join(sources, 'file', 'image');
      },
    ],
    ['a name that is too long', 'SOURCE_NOT_FOUND', ({ sources }) => join(sources, 'a'.repeat(300))],
  ];
  for (const [name, reason, make] of sources) {
    it(`refuses ${name} with ${reason}`, async () => {
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

  it('accepts a file in one of them', () =>
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
