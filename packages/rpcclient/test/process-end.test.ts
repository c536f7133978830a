import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { post, TestCluster } from './cluster.js';

const program = fileURLToPath(new URL('./fixtures/one-call.js', import.meta.url));

describe('A program with a client', () => {
  it('exits by itself once it has closed the client', async () => {
    await using cluster = await TestCluster.start();
    await cluster.serve({ post: post('here') });
    const run = promisify(execFile)(process.execPath, [program, cluster.nameServer.address], {
      timeout: 20_000,
    });
    expect(await run).to.deep.equal({ stdout: 'here', stderr: '' });
  });
}).timeout(60_000);
