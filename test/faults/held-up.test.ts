import { expect } from 'chai';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

import { connectTo } from '@patchbay/grpc/client';
import type { MethodSignature } from '@patchbay/objects';
import { refusal } from '@patchbay/objects/testing';
import type { ObjectClient } from '@patchbay/session/client';

interface Clock {
  readonly wait: MethodSignature<readonly [ms: number], number>;
  readonly compute: MethodSignature<readonly [ms: number], number>;
}

/** How long the client waits for a sign of life, and the server; and longer than both. */
const keepalive = { intervalMs: 200, timeoutMs: 400 };
const ofServer = { intervalMs: 200, timeoutMs: 900 };
const longMs = 1_500;

const program = `
import { ObjectServer } from '@patchbay/grpc/server';
import { silentLog, systemClock } from '@patchbay/objects';
import { arg, defineObject, Dispatcher, method } from '@patchbay/objects/define';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

const block = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
const args = [arg('ms', z.int(), 'how long')];
const returns = z.int();
const dispatcher = new Dispatcher({ clock: systemClock, log: silentLog });
dispatcher.host('clock', defineObject({
  summary: 'A clock',
  methods: {
    wait: method({ summary: 'Wait', args, returns, timeoutMs: 'none', run: (ms, { signal }) => delay(ms, ms, { signal }) }),
    compute: method({ summary: 'Compute', args, returns, run: (ms) => { block(ms); return ms; } }),
  },
}));
const keepalive = ${JSON.stringify(ofServer)};
const server = await ObjectServer.start({ listen: '127.0.0.1:0', dispatcher, keepalive });
console.log(server.address);
`;

describe('A call while a side is held up', function () {
  this.timeout(60_000);
  let server: ChildProcess;
  let address = '';

  before(async () => {
    server = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    [address] = (await once(createInterface(server.stdout!), 'line')) as [string];
  });

  after(async () => {
    const exited = once(server, 'exit');
    server.kill('SIGKILL');
    await exited;
  });

  function connect(timeoutMs: number): ObjectClient {
    return connectTo(address, { keepalive: { ...keepalive, timeoutMs } });
  }

  it('is not lost by a client that was busy for longer than it waits for a sign of life', async () => {
    await using client = connect(keepalive.timeoutMs);
    const call = client.proxy<Clock>('clock').wait(1.5 * longMs);
    await delay(2 * keepalive.intervalMs);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, keepalive.intervalMs + keepalive.timeoutMs);
    expect(await call).to.equal(1.5 * longMs);
  });

  it('is not lost by a server that was stopped for longer than it waits for one', async () => {
    await using client = connect(60_000);
    const call = client.proxy<Clock>('clock').wait(1.5 * longMs);
    await delay(2 * keepalive.intervalMs);
    server.kill('SIGSTOP');
    await delay(longMs);
    server.kill('SIGCONT');
    expect(await call).to.equal(1.5 * longMs);
  });

  it('is lost by its client while its method computes, unless that waits for long enough', async () => {
    await using hasty = connect(keepalive.timeoutMs);
    await using patient = connect(60_000);
    const [lost, kept] = [hasty, patient].map((client) => client.proxy<Clock>('clock').compute(longMs));
    expect((await refusal(lost!)).message).to.match(
      /gave no sign of life for 400ms; clock\.compute may or may not/,
    );
    expect(await kept).to.equal(longMs);
  });

  it('ends without any time limit when its server stays stopped', async () => {
    await using client = connect(keepalive.timeoutMs);
    const failing = refusal(client.proxy<Clock>('clock').wait(60_000));
    await delay(keepalive.intervalMs);
    server.kill('SIGSTOP');
    expect((await failing).reason).to.equal('CONNECTION_LOST');
  });
});
