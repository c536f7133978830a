import { expect } from 'chai';
import { build, type Format } from 'esbuild';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { TestNameServer } from '@patchbay/nameserver/testing';
import { Scratch } from '@patchbay/objects/testing';

import { root } from './repository.js';

const server = `
import { defineObject, method, RpcServer, silentLog, z } from '@patchbay/rpcserver';

async function main() {
  const greet = method({ summary: 'Greet', returns: z.string(), run: () => 'hello' });
  const objects = { hello: defineObject({ summary: 'Says hello', methods: { greet } }) };
  const [nameServer, stateDir] = process.argv.slice(2);
  const server = await RpcServer.start({ nameServer, insecure: true, stateDir, objects, log: silentLog });
  await server.probe();
  process.stdout.write('serving');
  process.stdin.resume().once('end', () => server.close());
}
void main();
`;

const client = `
import { connect, RpcError } from '@patchbay/rpcclient';

async function main() {
  const client = connect({ nameServer: process.argv[2], insecure: true });
  const lost = await client.proxy('nobody').greet().catch((error) => error instanceof RpcError && error.reason);
  process.stdout.write([await client.proxy('hello').greet(), lost].join(' '));
  await client.close();
}
void main();
`;

/** What is CommonJS in an ES module, as grpc-js in a server, needs it to load Node's own modules. */
const requireBanner =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

describe('Programs of users that esbuild has bundled', function () {
  this.timeout(60_000);
  let scratch: Scratch;

  before(async () => {
    scratch = await Scratch.make();
  });
  after(() => scratch[Symbol.asyncDispose]());

  /** Bundles a program into one file, apart from every node_modules, and returns its path. */
  async function bundle(name: string, contents: string, format: Format, banner = ''): Promise<string> {
    const outfile = scratch.file(`${name}.${format === 'cjs' ? 'cjs' : 'mjs'}`);
    await build({
      stdin: { contents, resolveDir: join(root, 'packages/rpcclient') },
      outfile,
      bundle: true,
      platform: 'node',
      format,
      banner: { js: banner },
      logLevel: 'error',
    });
    return outfile;
  }

  for (const [format, banner] of [
    ['esm', requireBanner],
    ['cjs', ''],
  ] as const) {
    it(`run as ${format}: a server, and a client that calls it`, async () => {
      await using nameServer = await TestNameServer.start();
      const files = [await bundle('server', server, format, banner), await bundle('client', client, format)];
      const argv = [files[0]!, nameServer.address, scratch.file(`state-${format}`)];
      const serving = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'inherit'] });
      try {
        await Promise.race([once(serving.stdout, 'data'), once(serving, 'exit')]);
        expect(serving.exitCode).to.equal(null);
        const calling = spawn(process.execPath, [files[1]!, nameServer.address], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        expect(await text(calling.stdout)).to.equal('hello OBJECT_NOT_FOUND');
      } finally {
        const ended = once(serving, 'exit');
        serving.stdin.end();
        expect((await ended)[0]).to.equal(0);
      }
    });
  }
});
