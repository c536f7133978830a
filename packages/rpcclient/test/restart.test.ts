import { expect } from 'chai';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { eventually, freePort, refusal } from '@patchbay/objects/testing';

import type { Bell } from './fixtures/bell.js';
import { TestCluster } from './cluster.js';

const program = fileURLToPath(new URL('bin/rpcserver.js', import.meta.resolve('@patchbay/rpcserver')));
const bell = fileURLToPath(new URL('./fixtures/bell.js', import.meta.url));

/** An `rpcserver` process that hosts a bell, and can be killed and restarted on its port. */
class BellServer implements AsyncDisposable {
  readonly #configuration: string;
  #child: ChildProcess | undefined;

  private constructor(configuration: string) {
    this.#configuration = configuration;
  }

  static async start(cluster: TestCluster): Promise<BellServer> {
    const configuration = cluster.scratch.file('rpcserver.yaml');
    const keys = {
      nameServer: cluster.nameServer.address,
      listen: `127.0.0.1:${String(await freePort())}`,
      insecure: true,
      stateDir: './state',
      objects: [{ name: 'bell', module: bell }],
    };
    await writeFile(configuration, JSON.stringify(keys));
    const server = new BellServer(configuration);
    server.start();
    return server;
  }

  start(): void {
    this.#child = spawn(process.execPath, [program, 'start', '--config', this.#configuration], {
      stdio: 'ignore',
    });
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child?.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

async function ringsIn(file: string): Promise<number> {
  return (await readFile(file, 'utf8')).split('\n').length - 1;
}

describe('A call whose server is killed and restarted', () => {
  it('runs again when its method is idempotent', async () => {
    await using cluster = await TestCluster.start();
    await using server = await BellServer.start(cluster);
    await eventually(() => cluster.nameServer.addressOf('bell'), 30_000);
    const file = cluster.scratch.file('rings');
    const ringing = cluster.client().proxy<Bell>('bell').ring(file);
    await eventually(async () => (await ringsIn(file)) === 1);
    await server.kill();
    server.start();
    expect(await ringing).to.equal(2);
    expect(await ringsIn(file)).to.equal(2);
  });

  it('does not run again when its method is not idempotent, and fails with a note that it may have run', async () => {
    await using cluster = await TestCluster.start();
    await using server = await BellServer.start(cluster);
    await eventually(() => cluster.nameServer.addressOf('bell'), 30_000);
    const file = cluster.scratch.file('rings');
    const ringing = refusal(cluster.client().proxy<Bell>('bell').ring_once(file));
    await eventually(async () => (await ringsIn(file)) === 1);
    await server.kill();
    server.start();
    const error = await ringing;
    expect(error.reason).to.equal('CONNECTION_LOST');
    expect(error.message).to.include('bell.ring_once may or may not have run');
    expect(await ringsIn(file)).to.equal(1);
  });

  it('fails within seconds when the server stays away', async () => {
    await using cluster = await TestCluster.start();
    await using server = await BellServer.start(cluster);
    await eventually(() => cluster.nameServer.addressOf('bell'), 30_000);
    const file = cluster.scratch.file('rings');
    const ringing = refusal(cluster.client().proxy<Bell>('bell').ring(file));
    await eventually(async () => (await ringsIn(file)) === 1);
    await server.kill();
    const killedAt = performance.now();
    expect((await ringing).reason).to.equal('CONNECTION_LOST');
    expect(performance.now() - killedAt).to.be.below(10_000);
  });
}).timeout(60_000);
