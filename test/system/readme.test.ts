import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { connect } from '@patchbay/rpcclient';

import { read, root } from '../repository.js';
import { run } from './command.js';
import { Daemon } from './daemon.js';

describe("The README's example", function () {
  this.timeout(60_000);

  it('is the code in examples/hello', () => {
    const blocks = [...read('README.md').matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code]) => code);
    const files = ['hello.ts', 'server.ts', 'client.ts'].map((name) =>
      readFileSync(join(root, 'examples/hello', name), 'utf8'),
    );
    expect(blocks).to.deep.equal(files);
  });

  it('says hello through a name server', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'patchbay-hello-'));
    try {
      const nameServer = `unix:${join(directory, 'run', 'socket')}`;
      const environment = { PATCHBAY_NAMESERVER: nameServer, STATE_DIR: join(directory, 'state') };
      await using client = connect({ nameServer });
      await using names = await Daemon.start(
        ['nameserver', 'start', '--listen', nameServer, '--state-dir', join(directory, 'names')],
        join(directory, 'nameserver.log'),
      );
      await names.ready(() => client.describe('nameserver'));
      await using server = await Daemon.start(
        ['node', join(root, 'examples/dist/hello/server.js')],
        join(directory, 'server.log'),
        environment,
      );
      await server.ready(() => client.describe('hello'));
      expect(await server.log()).to.include(`serving at unix:${directory}`); // as its name server does

      const outcome = await run(['node', join(root, 'examples/dist/hello/client.js')], { environment });

      const stdout = 'Hello, node7!\nHello, node7!\nHello, node7!\ndone\n';
      expect(outcome).to.deep.equal({ status: 0, stdout, stderr: '' });
      const typed = await run(['rpcclient', 'hello.greet', 'node7', '--times', '1'], { environment });
      expect(typed).to.deep.equal({ status: 0, stdout: 'Hello, node7!\ndone\n', stderr: '' });
      expect(await server.terminate()).to.equal(0);
      expect(await names.terminate()).to.equal(0);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});
