import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { eventually, refusal } from '@patchbay/objects/testing';
import type { Storage } from '@patchbay/storage';
import { mountXfs } from '@patchbay/storage/testing';

import { output } from './command.js';
import { Patchbay } from './patchbay.js';
import { describeSystem } from './scratch.js';
import { shared } from './shared.js';

const MiB = 2 ** 20;

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) {
    hash.update(piece as Buffer);
  }
  return hash.digest('hex');
}

describeSystem('Images', ['tgtd', 'tgtadm', 'qemu-img', 'qemu-io', 'mkfs.xfs'], () => {
  const patchbay = shared(() => Patchbay.start({ mount: () => mountXfs({ sizeBytes: 600 * MiB }) }));
  const at = (name: string): string => patchbay().at(name);
  let source: string;
  let raw: string;

  before(async () => {
    source = await patchbay().makeSource('source.qcow2', 40 * MiB);
    raw = at('source.raw');
    await output(['qemu-img', 'convert', '-f', 'qcow2', '-O', 'raw', source, raw]);
    await output([
      'qemu-io',
      '-f',
      'raw',
      '-c',
      'write -q -P 0x55 510 1',
      '-c',
      'write -q -P 0xaa 511 1',
      raw,
    ]);
    await truncate(raw, 64 * MiB);
  });

  /** Runs a command that must succeed, and returns its result. */
  async function ok(...words: string[]): Promise<Record<string, unknown>> {
    const { status, stdout, stderr } = await patchbay().rpcclient('--json', ...words);
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  it('are read from where the command runs, by their path, and from its standard input', async () => {
    const byPath = await ok('import_image', 'by-path', source, '--sha256', await sha256(source));
    expect(byPath).to.include({ source: 'upload', format: 'qcow2', sizeBytes: 40 * MiB });
    const again = await ok('import_image', 'by-path', `@${source}`);
    expect(again).to.deep.equal(byPath);

    const { status, stderr } = await patchbay().run([
      'sh',
      '-c',
      `rpcclient import_image by-pipe - < '${raw}'`,
    ]);
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    const piped = await ok('show_image', 'by-pipe');
    expect(piped).to.include({ format: 'raw', sizeBytes: 64 * MiB, sha256: await sha256(raw) });
    expect(piped.usedBytes).to.be.lessThan(48 * MiB);
  });

  it('are exported as they were imported, in either format', async () => {
    await ok('import_image', 'there', `server:${raw}`);

    const given = await ok('export_image', 'there', 'raw', '--output', at('back.raw'));
    expect(given).to.include({ sentBytes: 64 * MiB, sha256: await sha256(raw) });
    expect(await sha256(at('back.raw'))).to.equal(await sha256(raw));

    const redirected = `rpcclient export_image there > '${at('back.qcow2')}'`;
    expect((await patchbay().run(['sh', '-c', redirected])).status).to.equal(0);
    await output(['qemu-img', 'compare', '-f', 'qcow2', '-F', 'raw', at('back.qcow2'), raw]);
    const left = (await readdir(`${patchbay().pool}/tmp`)).filter((name) => name.startsWith('patchbay-'));
    expect(left).to.deep.equal([]);
  });

  it('cost their data where they are sparse, and stay so', async () => {
    const [thin, back] = [at('thin.raw'), at('thin-back.raw')];
    await writeFile(thin, (await readFile(raw)).subarray(0, MiB));
    await truncate(thin, 900 * 1024 * MiB);

    const image = await ok('import_image', 'thin', thin);
    expect(image).to.include({ source: 'upload', sizeBytes: 900 * 1024 * MiB });
    expect(image).to.not.have.property('sha256');
    const sent = await ok('export_image', 'thin', 'raw', '--output', back);

    expect(sent).to.deep.equal({ name: 'thin', format: 'raw', sentBytes: 900 * 1024 * MiB });
    expect((await stat(back)).blocks * 512).to.be.at.most(2 * MiB);
    await output(['qemu-img', 'compare', '-f', 'raw', '-F', 'raw', back, thin]);
  });

  it('are created from snapshots, copied, renamed, tagged and listed', async () => {
    await ok('import_image', 'base', `server:${raw}`);
    await ok('provision', 'builder', 'base');
    await ok('create_snapshot', 'builder', 'done');
    await ok('promote_snapshot', 'builder', 'done', 'golden');
    await ok('detach_node', 'builder');
    await ok('delete_snapshot', 'builder', 'done');
    await ok('copy_image', 'golden', 'golden-copy');
    await ok('rename_image', 'golden-copy', 'silver');
    await ok('tag_image', 'silver', 'lts', 'os=test');
    await ok('provision', 'user', 'silver');

    const { usedBytes, createdAt, ...rest } = await ok('show_image', 'silver');
    expect([typeof usedBytes, typeof createdAt]).to.deep.equal(['number', 'string']);
    expect(rest).to.deep.equal({
      name: 'silver',
      sizeBytes: 64 * MiB,
      clones: 1,
      tags: ['lts', 'os=test'],
      state: 'ready',
      format: 'raw',
      source: 'image:golden',
    });
    const listed = (await ok('list_all_images', '--tag', 'lts', '--filter', 's*')) as unknown as object[];
    expect(listed).to.have.length(1);
    await ok('export_image', 'golden', 'raw', '--output', at('golden.raw'));
    expect(await sha256(at('golden.raw'))).to.equal(await sha256(raw));
  });

  it('resume an interrupted download, also after the server was killed', async () => {
    const whole = Buffer.concat([Buffer.alloc(80 * MiB, 'x'), await readFile(raw)]);
    const file = at('large.raw');
    await writeFile(file, whole);
    const ranges: (string | undefined)[] = [];
    let web: Server | undefined;
    try {
      web = createServer((request, response) => {
        const { range } = request.headers;
        ranges.push(range);
        const begin = Number(/\d+/.exec(range ?? '0')?.[0]);
        response.writeHead(begin > 0 ? 206 : 200, {
          etag: '"large"',
          'content-length': whole.length - begin,
          ...(begin > 0
            ? {
                'content-range': `bytes ${String(begin)}-${String(whole.length - 1)}/${String(whole.length)}`,
              }
            : {}),
        });
        if (begin === 0) {
          response.write(whole.subarray(0, 100 * MiB)); // and then nothing more
        } else {
          response.end(whole.subarray(begin));
        }
      });
      await new Promise<void>((resolve) => web?.listen(0, '127.0.0.1', resolve));
      const url = `http://127.0.0.1:${String((web.address() as AddressInfo).port)}/large.raw`;
      const cancelled = new AbortController();
      const { signal } = cancelled;
      const broken = refusal(
        patchbay().client.proxy<Storage>('storage', { signal }).import_image('large', url),
      );
      const files = (): Promise<string[]> => readdir(`${patchbay().pool}/tmp`);
      await eventually(async () => (await files()).some((name) => name.endsWith('.part.json')), 60_000);
      cancelled.abort();
      expect(await broken).to.have.property('code', 'CANCELLED');
      await patchbay().rpcServerDaemon.kill();
      await patchbay().startRpcServer();

      const image = await ok('import_image', 'large', url, '--raw', '--sha256', await sha256(file));

      expect(image).to.include({ sizeBytes: whole.length });
      expect(ranges).to.have.length(2);
      expect(ranges[1]).to.match(/^bytes=\d+-$/);
      const left = (await files()).filter((name) => name.startsWith('patchbay-'));
      expect(left).to.deep.equal([]);
    } finally {
      web?.closeAllConnections();
      web?.close();
    }
  });
});
