import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { open, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { RpcError } from '@patchbay/objects';
import { requireTools } from '@patchbay/objects/testing';

import { execTool } from '../../../src/exec.js';
import { failureOf } from '../volume-pool-suite.js';
import { image, type ImportBench, makeImportBench } from './import-bench.js';
import { serveWeb } from './web-server.js';

const MiB = 1024 * 1024;

/** A header of tar for a file of this name, without the magic that POSIX added. */
function oldTar(name: string): Buffer {
  const header = Buffer.alloc(10_240);
  header.write(name);
  header.write('0000644\0', 100);
  header.write('        ', 148);
  header.write(
    `${header
      .reduce((all, byte) => all + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  return header;
}

function at(offset: number, magic: string): Buffer {
  const bytes = randomBytes(Math.max(4096, offset + 512));
  bytes.writeUInt16BE(0, 510);
  bytes.writeUInt16BE(0, 1080);
  bytes.write(magic, offset, 'latin1');
  return bytes;
}

/** A program of EFI whose 511th and 512th bytes are, by chance, those of a boot sector. */
function program(): Buffer {
  const bytes = at(0x80, 'PE\0\0');
  bytes.write('MZ');
  bytes.writeUInt32LE(0x80, 60);
  bytes[446] = 0x12;
  bytes.writeUInt16BE(0x55aa, 510);
  return bytes;
}

const texts: readonly (readonly [string, string | Buffer, RegExp])[] = [
  ['a web page', '<!DOCTYPE html><html>', /web page/],
  ['a web page without a doctype, after blank lines', '\n \n<HTML lang="en">', /web page/],
  ['a web page after a comment', '<!-- made by\nnginx --><head><title>502', /web page.*made by nginx/],
  ['an XHTML page', '<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "">', /web page/],
  ['an error of S3', '<?xml version="1.0"?>\n<Error><Code>NoSuchKey</Code>', /text.*NoSuchKey/],
  ['JSON', '{"message": "Not Found"}', /text.*Not Found/],
  ['a directory listing', 'Index of /images\r\nubuntu.img\r\n', /text.*Index of \/images ubuntu.img/],
  ['a file of checksums', `${'0'.repeat(64)}  ubuntu.img\n`, /text.*00000/],
  ['a script', '#!/bin/sh\nexit 1\n', /text.*#!\/bin\/sh/],
  ['a PEM', '-----BEGIN CERTIFICATE-----\nMIIB', /text.*BEGIN CERTIFICATE/],
  ['a pointer of Git LFS', 'version https://git-lfs.github.com/spec/v1\noid', /text.*git-lfs/],
  ['one word', 'x', /text.*\\?"x/],
  ['text in UTF-8', 'Страница не найдена', /text.*Страница/],
  ['text in UTF-16', Buffer.from('\ufeffNot found', 'utf16le'), /text.*Not found/],
  ['text in Latin-1', Buffer.from("Il n'existe pas: déjà effacé", 'latin1'), /text.*effac/],
  ['text in UTF-16 without a mark', Buffer.from('Not found: images/a.img', 'utf16le'), /text.*Not found/],
  [
    'text in UTF-16, big endian, without a mark',
    Buffer.from('Not found', 'utf16le').swap16(),
    /text.*Not found/,
  ],
  ['text in UTF-32', Buffer.from('\ufeff\0N\0o\0t\0 \0f\0', 'utf16le'), /text.*Not f/],
  ['text in KOI8-R', Buffer.from('f3d4d2c1cec9c3c120cec520cec1cac4c5cec1'.repeat(4), 'hex'), /text/],
  ['text in GBK', Buffer.from('d5d2b2bbb5bdcec4bcfe0a'.repeat(8), 'hex'), /text/],
  ['text as long as a disk', 'long text\n'.repeat(300_000), /text.*long text/],
  ['text that begins as XFS does', 'XFSB is the magic of XFS', /text.*XFSB/],
];

const containers: readonly (readonly [string, string | Buffer, RegExp])[] = [
  ['a zip', at(0, 'PK\x03\x04'), /zip/],
  ['a zip with nothing in it', at(0, 'PK\x05\x06'), /zip/],
  ['a 7z', at(0, '7z\xbc\xaf\x27\x1c'), /7z/],
  ['a rar', at(0, 'Rar!\x1a\x07\x01\0'), /rar/],
  ['a tar', at(257, 'ustar\x0000'), /tar/],
  ['a tar of GNU', at(257, 'ustar  \0'), /tar/],
  ['a tar from before POSIX', oldTar('disk.vmdk'), /tar/],
  ['a cpio', at(0, '070701'), /cpio/],
  ['a binary cpio', at(0, '\xc7\x71'), /cpio/],
  ['a Debian package', at(0, '!<arch>\ndebian-binary'), /Debian package/],
  ['an RPM', at(0, '\xed\xab\xee\xdb'), /RPM/],
  ['lz4', at(0, '\x04\x22\x4d\x18'), /lz4/],
  ['lzop', at(0, '\x89LZO\0\r\n\x1a\n'), /lzop/],
  ['lzip', at(0, 'LZIP\x01'), /lzip/],
  ['an LHA', at(2, '-lh5-'), /LHA/],
  ['a CHD', at(0, 'MComprHD'), /CHD/],
  ['a CD with its headers', at(0, '\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0'), /raw copy of a CD/],
  ['firmware', at(40, '_FVH'), /firmware/],
  ['an image of flash memory', at(0, 'UBI#\x01'), /flash memory/],
  ['a program of EFI with the mark of a boot sector', program(), /program for Windows or EFI/],
  ['an image of Nero', Buffer.concat([randomBytes(4084), Buffer.from('NER5'), Buffer.alloc(8)]), /Nero/],
  ['a WIM', at(0, 'MSWIM\0\0\0'), /WIM/],
  ['an Android sparse image', at(0, '\x3a\xff\x26\xed'), /simg2img/],
  ['a PDF', at(0, '%PDF-1.7'), /PDF/],
  ['an ELF', at(0, '\x7fELF\x02'), /ELF/],
  ['a PNG', at(0, '\x89PNG\r\n\x1a\n'), /PNG/],
  ['a JPEG', at(0, '\xff\xd8\xff\xe0'), /JPEG/],
  ['an SQLite database', at(0, 'SQLite format 3\0'), /SQLite/],
  ['a response with its header', at(0, 'HTTP/1.1 200 OK\r\n'), /web server/],
  ['a script with binary data behind it', at(0, '#!/bin/sh\n'), /script/],
  [
    'an Apple disk image',
    Buffer.concat([randomBytes(4096), Buffer.from('koly'), Buffer.alloc(508)]),
    /Apple/,
  ],
  ['noise', at(0, '\0\0\0\0'), /no partition table.*--raw/],
  ['a page of 0xff', Buffer.alloc(4096, 0xff), /no partition table.*--raw/],
];

/** What makes a disk of a blank file of 400 MiB: bytes at an offset, or a program. */
const disks: readonly (readonly [string, readonly (readonly [number, string])[] | readonly string[]])[] = [
  ['blank', []],
  ['with an MBR', [[510, '\x55\xaa']]],
  [
    'with an MBR whose code begins like a program of DOS',
    [
      [0, 'MZ'],
      [510, '\x55\xaa'],
    ],
  ],
  [
    'with an MBR whose code is text',
    [
      [0, 'x'.repeat(510)],
      [510, '\x55\xaa'],
      [512, 'x'.repeat(70_000)],
    ],
  ],
  ['with a GPT', [[512, 'EFI PART']]],
  ['with a GPT of large sectors', [[4096, 'EFI PART']]],
  ['with ISO 9660', [[32_769, 'CD001']]],
  [
    'with ISO 9660 and an MBR',
    [
      [510, '\x55\xaa'],
      [32_769, 'CD001'],
    ],
  ],
  ['with nothing but the backup of a GPT', [[400 * MiB - 512, 'EFI PART']]],
  ['with the label of BSD', [[512, '\x57\x45\x56\x82']]],
  [
    'with an MBR that EFI can run, and a partition',
    [
      [0, 'MZ'],
      [60, '\x80'],
      [128, 'PE\0\0'],
      [450, '\x83'],
      [459, '\x08'],
      [510, '\x55\xaa'],
    ],
  ],
  ['with LVM', [[512, 'LABELONE']]],
  ['with LUKS', [[0, 'LUKS\xba\xbe\0\x02']]],
  ['with SquashFS', [[0, 'hsqs\x01']]],
  ['with NTFS', [[3, 'NTFS    ']]],
  [
    'with FAT',
    [
      [54, 'FAT16   '],
      [510, '\x55\xaa'],
    ],
  ],
  ['with swap', ['mkswap']],
  ['with ext4', ['mkfs.ext4', '-q']],
  ['with XFS', ['mkfs.xfs', '-q']],
  ['with Btrfs', ['mkfs.btrfs', '-q']],
  ['with ROMFS, which only blkid knows', [[0, '-rom1fs-\0\0\0\x01']]],
];

async function sourceOf(bench: ImportBench, content: string | Buffer): Promise<string> {
  const path = join(bench.sources, 'source');
  await writeFile(path, content);
  return path;
}

describe('an import of what is no disk', function () {
  this.timeout(60_000);

  before(function () {
    requireTools(this, 'qemu-img', 'prlimit', 'blkid');
  });

  for (const [name, content, why] of [...texts, ...containers]) {
    it(`refuses ${name} and reports what it is, unless it is to be taken for a raw disk`, async () => {
      await using bench = await makeImportBench();
      const source = await sourceOf(bench, content);
      const error = (await failureOf(bench.run(source))) as RpcError;
      expect(error.reason, error.message).to.equal('SOURCE_REFUSED');
      expect(error.message).to.match(why);
      await bench.expectNothingLeft();
      expect((await bench.run(source, { raw: true })).result.format).to.equal('raw');
    });
  }

  it('refuses text behind which zeros follow', async () => {
    await using bench = await makeImportBench();
    const source = await sourceOf(bench, Buffer.concat([Buffer.from('{"a": 1}'), Buffer.alloc(8192)]));
    expect(await failureOf(bench.run(source))).to.match(/text.*it begins with/);
  });

  it('still detects the format of an image that is to be taken for a raw disk', async () => {
    await using bench = await makeImportBench();
    const { result } = await bench.run(await bench.makeImage('qcow2'), { raw: true });
    expect(result.format).to.equal('qcow2');
  });

  for (const [name, make] of disks) {
    it(`imports a raw disk ${name}`, async function () {
      await using bench = await makeImportBench();
      const path = await sourceOf(bench, '');
      await truncate(path, 400 * MiB);
      const [first, ...args] = make;
      if (typeof first === 'string') {
        requireTools(this, first);
        await execTool(first, [...(args as readonly string[]), path]);
      } else {
        await using file = await open(path, 'r+');
        for (const [offset, magic] of make as readonly (readonly [number, string])[]) {
          await file.write(Buffer.from(magic, 'latin1'), 0, magic.length, offset);
        }
      }
      expect((await bench.run(path)).result).to.include({ sizeBytes: 400 * MiB, verifiedBy: 'end' });
    });
  }

  it('says so where nothing tells that a download is whole', async () => {
    await using bench = await makeImportBench();
    await using server = await serveWeb((request, response) => {
      response.shouldKeepAlive = false;
      response.useChunkedEncodingByDefault = request.url === '/chunked';
      response.end(Buffer.alloc(MiB));
    });
    expect((await bench.run(`${server.url}/chunked`)).result.verifiedBy).to.equal('end');
    expect((await bench.run(`${server.url}/closed`)).result.verifiedBy).to.equal('nothing');
    expect((await bench.pool.stat(image))?.sizeBytes).to.equal(MiB);
  });
});
