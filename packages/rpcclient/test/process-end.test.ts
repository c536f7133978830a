import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { post, Scene } from './scene.js';

const program = fileURLToPath(new URL('./fixtures/one-call.js', import.meta.url));

describe('A program with a client', () => {
  it('ends by itself once it has disposed of the client', async () => {
    await using scene = await Scene.set();
    await scene.serve({ post: post('here') });
    const run = promisify(execFile)(process.execPath, [program, scene.nameServer.address], {
      timeout: 20_000,
    });
    expect(await run).to.deep.equal({ stdout: 'here', stderr: '' });
  });
}).timeout(60_000);
