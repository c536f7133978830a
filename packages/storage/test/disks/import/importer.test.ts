import { expect } from 'chai';
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { appendFile, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { RpcError } from '@patchbay/objects';
import { eventually, requireTools } from '@patchbay/objects/testing';

import { type Exec, execTool } from '../../../src/exec.js';
import { mountExt4 } from '../../../src/testing/loop-filesystem.js';
import { failureOf } from '../volume-pool-suite.js';
import { content, image, type ImportBench, makeImportBench } from './import-bench.js';
import { serveWeb } from './web-server.js';

const MiB = 1024 * 1024;

/** Runs programs, and calls back once `qemu-img convert` has started. */
function noticingConvert(onConvert: () => void | Promise<void>): Exec {
  return async (file, args, options) => {
    const running = execTool(file, args, options);
    running.catch(() => undefined);
    if (args[0] === 'convert') {
      await onConvert();
    }
    return running;
  };
}

/** Returns the lengths of the temporary files of the pool, holes included. */
async function tmpBytes(bench: ImportBench): Promise<number> {
  const directory = join(bench.pool.directory.path, 'tmp');
  const sizes = (await readdir(directory)).map(async (name) => (await stat(join(directory, name))).size);
  return (await Promise.all(sizes)).reduce((all, size) => all + size, 0);
}

async function sha256Of(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

describe('FileImageImporter', function () {
  this.timeout(120_000);

  before(function () {
    requireTools(this, 'qemu-img', 'prlimit');
  });

  const formats: readonly (readonly [string, string, readonly string[]])[] = [
    ['a raw image', 'raw', []],
    ['a qcow2', 'qcow2', []],
    ['a qcow2 of the old version', 'qcow2', ['-o', 'compat=0.10']],
    ['a compressed qcow2', 'qcow2', ['-c']],
    ['a qcow2 compressed with zstd', 'qcow2', ['-c', '-o', 'compression_type=zstd']],
    ['a vmdk', 'vmdk', []],
    ['a vmdk optimised for streams', 'vmdk', ['-o', 'subformat=streamOptimized']],
    ['a vdi', 'vdi', []],
    ['a vdi of fixed size', 'vdi', ['-o', 'static=on']],
    ['a vhdx', 'vhdx', []],
    ['a VHD', 'vpc', ['-o', 'force_size=on']],
    ['a VHD of fixed size', 'vpc', ['-o', 'subformat=fixed,force_size=on']],
  ];
  for (const [name, format, options] of formats) {
    it(`imports ${name} with all its bytes`, async () => {
      await using bench = await makeImportBench();
      const source = await bench.makeImage(format, ...options);
      const { result } = await bench.run(source);
      const imported = await readFile(bench.pool.path(image));
      expect(imported.equals(content)).to.be.true;
      expect(result).to.deep.equal({
        sizeBytes: content.length,
        sha256: await sha256Of(source),
        format,
        verifiedBy: format === 'raw' ? 'end' : 'format',
      });
    });
  }

  const cuts: readonly (readonly [string, string, readonly string[]])[] = [
    ...formats.filter(([, format]) => !['raw', 'vpc'].includes(format)),
    ['a VHD', 'vpc', ['-o', 'force_size=on']],
  ];
  for (const [name, format, options] of cuts) {
    it(`imports nothing of ${name} that was cut, or all of its data`, async () => {
      await using bench = await makeImportBench();
      // Full of data, so that some is at its end.
      const raw = join(bench.sources, 'full.raw');
      await writeFile(raw, randomBytes(8 * MiB));
      const source = join(bench.sources, 'full');
      await execTool('qemu-img', ['convert', '-f', 'raw', '-O', format, ...options, raw, source]);
      const { size } = await stat(source);
      for (const bytes of [1, 512, 70_000]) {
        await truncate(source, size - bytes);
        const failure = await failureOf(bench.run(source)).catch(() => undefined);
        if (failure === undefined) {
          // It was padding.
          expect((await readFile(bench.pool.path(image))).equals(await readFile(raw))).to.equal(true);
          await rm(bench.pool.path(image));
        } else {
          expect(failure).to.have.property('reason', 'SOURCE_CORRUPT');
        }
      }
    });
  }

  it('creates a sparse file that nobody may write', async () => {
    await using bench = await makeImportBench();
    await bench.run(await bench.makeImage('raw', '-S', '0'));
    expect((await stat(bench.pool.path(image))).mode & 0o777).to.equal(0o440);
    expect((await bench.pool.stat(image))?.usedBytes).to.be.within(2 * MiB, 4 * MiB);
  });

  it('reads only the data of a sparse file, and makes its checksum only if one is given', async () => {
    await using bench = await makeImportBench();
    const source = await bench.makeImage('raw');
    await truncate(source, 1024 * 1024 * MiB);
    const { result } = await bench.run(source);
    expect(result).to.deep.equal({ sizeBytes: 2 ** 40, format: 'raw', verifiedBy: 'end' });
    expect((await bench.pool.stat(image))?.usedBytes).to.be.within(2 * MiB, 4 * MiB);
    await truncate(source, 300 * MiB);
    const { result: small } = await bench.run(source, { sha256: await sha256Of(source) });
    expect(small.verifiedBy).to.equal('sha256');
  });

  it('pads a raw image to a whole sector', async () => {
    await using bench = await makeImportBench();
    const source = join(bench.sources, 'odd.raw');
    await writeFile(source, Buffer.alloc(1111, 'x'));
    const { result } = await bench.run(source, { raw: true });
    expect(result.sizeBytes).to.equal(1536);
    const imported = await readFile(bench.pool.path(image));
    expect(imported.equals(Buffer.concat([Buffer.alloc(1111, 'x'), Buffer.alloc(425)]))).to.be.true;
  });

  for (const name of [
    'with space, comma and "quotes".raw',
    'driver=nbd,host=x.raw',
    '-O',
    'json:{}',
    'line\nbreak',
  ]) {
    it(`reads a file named ${JSON.stringify(name)}`, async () => {
      await using bench = await makeImportBench();
      await writeFile(join(bench.sources, name), content);
      await bench.run(join(bench.sources, name));
      expect((await readFile(bench.pool.path(image))).equals(content)).to.be.true;
    });
  }

  it('downloads an image from a web server', async () => {
    await using bench = await makeImportBench();
    const source = await bench.makeImage('qcow2');
    await using server = await serveWeb((_request, response) => createReadStream(source).pipe(response));
    const sha256 = await sha256Of(source);
    const { result } = await bench.run(`${server.url}/image.qcow2`, { sha256 });
    expect(result).to.deep.equal({
      sizeBytes: content.length,
      sha256,
      format: 'qcow2',
      verifiedBy: 'sha256',
    });
    expect((await readFile(bench.pool.path(image))).equals(content)).to.be.true;
  });

  for (const [format, options] of [
    ['raw', []],
    ['raw', ['-S', '0']],
    ['qcow2', ['-c']],
  ] as const) {
    it(`accepts an upload of a ${format} image${options.length > 0 ? `, ${options.join(' ')}` : ''}`, async () => {
      await using bench = await makeImportBench();
      const source = await bench.makeImage(format, ...options);
      const { result, steps } = await bench.run(createReadStream(source));
      expect(result).to.include({ sizeBytes: content.length, sha256: await sha256Of(source), format });
      expect((await readFile(bench.pool.path(image))).equals(content)).to.be.true;
      expect((await bench.pool.stat(image))?.usedBytes).to.be.within(2 * MiB, 4 * MiB);
      const { size } = await stat(source);
      expect(steps.filter(({ phase }) => phase === 'upload').at(-1)?.doneBytes).to.equal(size);
      expect(await readdir(join(bench.pool.directory.path, 'tmp'))).to.deep.equal([]);
    });
  }

  it('aborts a cancelled upload whose sender sends nothing more, and leaves nothing', async () => {
    await using bench = await makeImportBench();
    const controller = new AbortController();
    const reason = new Error('the caller went away');
    const silent = (async function* () {
      yield Buffer.alloc(MiB, 'x');
      controller.abort(reason);
      await new Promise(() => undefined);
    })();
    expect(await failureOf(bench.run(silent, { signal: controller.signal }))).to.equal(reason);
    await bench.expectNothingLeft();
  });

  it('leaves nothing of an upload that fails', async () => {
    await using bench = await makeImportBench();
    const broken = (async function* () {
      yield await Promise.resolve(Buffer.alloc(MiB, 'x'));
      throw new Error('the pipe broke');
    })();
    expect(await failureOf(bench.run(broken))).to.have.property('message', 'the pipe broke');
    await bench.expectNothingLeft();
  });

  it('reads no more of an upload than the size limit of an image', async () => {
    await using bench = await makeImportBench({ maxImageBytes: 2 * MiB });
    let sentBytes = 0;
    const endless = (async function* () {
      for (;;) {
        sentBytes += MiB;
        yield await Promise.resolve(Buffer.alloc(MiB, 'x'));
      }
    })();
    const error = (await failureOf(bench.run(endless))) as RpcError;
    expect(error.reason).to.equal('SOURCE_REFUSED');
    expect(error.message).to.match(/maxImageBytes/);
    expect(sentBytes).to.be.at.most(4 * MiB);
    await bench.expectNothingLeft();
  });

  it('makes the checksum of a download that is mostly zeros only if one is given', async () => {
    await using bench = await makeImportBench();
    const bytes = Buffer.alloc(80 * MiB);
    bytes.writeUInt16BE(0x55aa, 510);
    await using server = await serveWeb((_request, response) => response.end(bytes));
    const { result } = await bench.run(server.url);
    expect(result).to.deep.equal({ sizeBytes: 80 * MiB, format: 'raw', verifiedBy: 'end' });
    expect((await bench.pool.stat(image))?.usedBytes).to.be.below(MiB);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    expect((await bench.run(server.url, { sha256 })).result).to.include({ sha256, verifiedBy: 'sha256' });
  });

  it('keeps the part of a download that failed, and resumes it', async () => {
    await using bench = await makeImportBench();
    const source = await bench.makeImage('raw');
    const whole = await readFile(source);
    const asked: (string | undefined)[] = [];
    await using server = await serveWeb((request, response) => {
      const { range } = request.headers;
      asked.push(range);
      if (asked.length === 1) {
        response.writeHead(200, { etag: '"v1"', 'content-length': whole.length });
        response.write(whole.subarray(0, 5 * MiB));
        return;
      }
      const begin = Number(/\d+/.exec(range ?? '0')?.[0]);
      const part = `bytes ${String(begin)}-${String(whole.length - 1)}/${String(whole.length)}`;
      response.writeHead(206, { 'content-range': part, 'content-length': whole.length - begin });
      response.end(whole.subarray(begin));
    });
    const leaving = new AbortController();
    const left = failureOf(bench.run(server.url, { signal: leaving.signal }));
    await eventually(async () => (await tmpBytes(bench)) >= MiB / 2);
    leaving.abort(new Error('left'));
    await left;
    expect(await bench.pool.list()).to.deep.equal([]);
    expect(await bench.pool.removeTemporaries(0), 'removed at a restart').to.equal(0);

    const { result } = await bench.run(server.url);

    expect(result.sha256).to.equal(await sha256Of(source));
    expect((await readFile(bench.pool.path(image))).equals(content)).to.be.true;
    expect(asked[1]).to.match(/^bytes=[1-9]/);
    expect(await readdir(join(bench.pool.directory.path, 'tmp'))).to.deep.equal([]);
  });

  it('reports its progress from the start to the end of both phases', async () => {
    await using bench = await makeImportBench();
    const source = await bench.makeImage('qcow2');
    const totals = { read: (await stat(source)).size, convert: content.length };
    const { steps } = await bench.run(source);
    for (const phase of ['read', 'convert'] as const) {
      const own = steps.filter((step) => step.phase === phase);
      const totalBytes = totals[phase];
      expect(own[0]?.doneBytes).to.equal(0);
      expect(own.at(-1)).to.deep.equal({ phase, doneBytes: totalBytes, totalBytes });
    }
  });

  it('replaces what an unrecorded import left behind', async () => {
    await using bench = await makeImportBench();
    const source = await bench.makeImage('raw');
    await bench.run(source);
    await writeFile(source, Buffer.alloc(MiB, 'new'));
    await bench.run(source, { raw: true });
    expect((await readFile(bench.pool.path(image))).equals(Buffer.alloc(MiB, 'new'))).to.be.true;
  });

  it('refuses a wrong checksum, reports the right one, and leaves nothing', async () => {
    await using bench = await makeImportBench();
    const source = await bench.makeImage('raw');
    const error = (await failureOf(bench.run(source, { sha256: '0'.repeat(64) }))) as RpcError;
    expect(error.reason).to.equal('CHECKSUM_MISMATCH');
    expect(error.message).to.include(await sha256Of(source));
    await bench.expectNothingLeft();
  });

  const truncated: readonly (readonly [string, string, readonly string[]])[] = [
    ['a qcow2', 'qcow2', []],
    ['a compressed qcow2', 'qcow2', ['-c']],
    ['a vmdk', 'vmdk', []],
    ['a vmdk optimised for streams', 'vmdk', ['-o', 'subformat=streamOptimized']],
    ['a vdi', 'vdi', []],
    ['a vhdx', 'vhdx', []],
    ['a VHD', 'vpc', []],
  ];
  for (const [name, format, options] of truncated) {
    for (const share of [0.6, 0.01]) {
      it(`refuses ${name} truncated to ${String(share * 100)} % as corrupt, and leaves nothing`, async () => {
        await using bench = await makeImportBench();
        const source = await bench.makeImage(format, ...options);
        await truncate(source, Math.floor((await stat(source)).size * share));
        const error = (await failureOf(bench.run(source))) as RpcError;
        expect(error.reason, error.message).to.equal('SOURCE_CORRUPT');
        expect(error.message).to.not.include('/proc/');
        await bench.expectNothingLeft();
      });
    }
  }

  it('refuses an empty file as corrupt', async () => {
    await using bench = await makeImportBench();
    await writeFile(join(bench.sources, 'empty'), '');
    const error = (await failureOf(bench.run(join(bench.sources, 'empty')))) as RpcError;
    expect(error.reason).to.equal('SOURCE_CORRUPT');
    await bench.expectNothingLeft();
  });

  it('refuses an image of an empty disk as corrupt', async () => {
    await using bench = await makeImportBench();
    const source = join(bench.sources, 'empty.qcow2');
    await execTool('qemu-img', ['create', '-f', 'qcow2', source, '0']);
    const error = (await failureOf(bench.run(source))) as RpcError;
    expect(error.reason).to.equal('SOURCE_CORRUPT');
    await bench.expectNothingLeft();
  });

  it('notices a file that is modified meanwhile', async () => {
    const written: { source?: string } = {};
    await using bench = await makeImportBench({
      exec: noticingConvert(() => appendFile(written.source ?? '', 'more')),
    });
    written.source = await bench.makeImage('qcow2');
    const error = (await failureOf(bench.run(written.source))) as RpcError;
    expect(error.reason).to.equal('SOURCE_CORRUPT');
    await bench.expectNothingLeft();
  });

  it('leaves nothing when it is cancelled during the conversion, and qemu-img has exited', async () => {
    const controller = new AbortController();
    const reason = new Error('the caller went away');
    let running = 0;
    await using bench = await makeImportBench({
      exec: async (file, args, options) => {
        running += 1;
        try {
          return await noticingConvert(() => {
            controller.abort(reason);
          })(file, args, options);
        } finally {
          running -= 1;
        }
      },
    });
    const source = await bench.makeImage('qcow2');
    expect(await failureOf(bench.run(source, { signal: controller.signal }))).to.equal(reason);
    expect(running).to.equal(0);
    await bench.expectNothingLeft();
  });

  for (const phase of ['read', 'convert'] as const) {
    it(`leaves nothing when its consumer stops at the first step of the phase ${phase}`, async () => {
      await using bench = await makeImportBench();
      const source = await bench.makeImage('qcow2');
      const steps = bench.importer.importImage(image, `server:${source}`, {
        signal: new AbortController().signal,
      });
      for await (const step of steps) {
        if (step.phase === phase) {
          break;
        }
      }
      await bench.expectNothingLeft();
    });
  }

  it('leaves nothing when it is cancelled in the middle of a download', async () => {
    await using bench = await makeImportBench();
    await using server = await serveWeb((_request, response) => {
      response.setHeader('content-length', 10 * MiB);
      response.write(Buffer.alloc(MiB, 'x'));
    });
    const controller = new AbortController();
    const reason = new Error('the caller went away');
    const failed = failureOf(bench.run(server.url, { signal: controller.signal }));
    const { temporaries } = bench.pool.directory;
    await eventually(async () => {
      const { stdout } = await execTool('du', ['-s', join(bench.pool.directory.path, 'tmp')]);
      return Number.parseInt(stdout, 10) > 500;
    });
    expect(await temporaries.removeOlderThan(0)).to.equal(0);
    controller.abort(reason);
    expect(await failed).to.equal(reason);
    await bench.expectNothingLeft();
  });

  it('leaves nothing when the server of a download closes the connection', async () => {
    await using bench = await makeImportBench();
    await using server = await serveWeb((_request, response) => {
      response.setHeader('content-length', 10 * MiB);
      response.write(Buffer.alloc(MiB), () => response.socket?.destroy());
    });
    const error = (await failureOf(bench.run(server.url))) as RpcError;
    expect(error.reason).to.equal('SOURCE_UNAVAILABLE');
    await bench.expectNothingLeft();
  });

  it('refuses what does not fit the pool, before writing it', async function () {
    requireTools(this, 'mkfs.ext4');
    await using mount = await mountExt4({ sizeBytes: 64 * MiB });
    await using bench = await makeImportBench({
      place: mount.path,
      exec: noticingConvert(() => {
        throw new Error('it began to write');
      }),
    });
    const source = join(bench.sources, 'large.raw');
    await writeFile(source, Buffer.alloc(80 * MiB, 'x'));
    const error = (await failureOf(bench.run(source, { raw: true }))) as RpcError;
    expect(error.reason, error.message).to.equal('POOL_FULL');
    expect(error.message).to.include('80.');
    await bench.expectNothingLeft();
  });

  it('refuses a download whose length exceeds the free space of the pool', async function () {
    requireTools(this, 'mkfs.ext4');
    await using mount = await mountExt4({ sizeBytes: 64 * MiB });
    await using bench = await makeImportBench({ place: mount.path });
    await using server = await serveWeb((_request, response) => {
      response.setHeader('content-length', 10 * 1024 * MiB).write('x');
    });
    const error = (await failureOf(bench.run(server.url))) as RpcError;
    expect(error.reason).to.equal('POOL_FULL');
    await bench.expectNothingLeft();
  });

  it('reports it when a download without a length fills the pool, and leaves nothing', async function () {
    requireTools(this, 'mkfs.ext4');
    await using mount = await mountExt4({ sizeBytes: 64 * MiB });
    await using bench = await makeImportBench({ place: mount.path });
    await using server = await serveWeb((_request, response) => {
      const send = (): void => {
        response.write(Buffer.alloc(MiB, 'x'), send);
      };
      send();
    });
    const error = (await failureOf(bench.run(server.url))) as RpcError;
    expect(error.reason, error.message).to.equal('POOL_FULL');
    await bench.expectNothingLeft();
  });

  it('reports it when the pool fills up during the conversion, and leaves nothing', async function () {
    requireTools(this, 'mkfs.ext4');
    await using mount = await mountExt4({ sizeBytes: 64 * MiB });
    const hog = join(mount.path, 'hog');
    await using bench = await makeImportBench({
      place: mount.path,
      exec: async (file, args, options) => {
        if (args[0] === 'convert') {
          await execTool('fallocate', ['-l', String(40 * MiB), hog]);
        }
        return execTool(file, args, options);
      },
    });
    const raw = join(bench.sources, 'large.raw');
    const source = join(bench.sources, 'large.qcow2');
    await writeFile(raw, Buffer.alloc(30 * MiB, 'x'));
    await execTool('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, source]);
    await rm(raw);
    const error = (await failureOf(bench.run(source))) as RpcError;
    expect(error.reason, error.message).to.equal('POOL_FULL');
    await bench.expectNothingLeft();
  });

  it('does nothing when the pool is not available', async () => {
    await using bench = await makeImportBench();
    const source = await bench.makeImage('raw');
    await rm(join(bench.pool.directory.path, 'patchbay-pool.json'));
    const error = (await failureOf(bench.run(source))) as RpcError;
    expect(error.reason).to.equal('POOL_UNAVAILABLE');
  });

  it('names the package to install if qemu-img is missing', async () => {
    await using bench = await makeImportBench({
      exec: (file, args, options) =>
        execTool(
          file,
          args.map((arg) => (arg === 'qemu-img' ? 'no-such-qemu-img' : arg)),
          options,
        ),
    });
    const error = (await failureOf(bench.run(await bench.makeImage('raw')))) as RpcError;
    expect(error.reason).to.equal('TOOL_MISSING');
    expect(error.message).to.include('qemu-utils');
    await bench.expectNothingLeft();
  });
});
