import { expect } from 'chai';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { connectTo } from '@patchbay/grpc/client';
import { TestNameServer } from '@patchbay/nameserver/testing';
import { eventually, Scratch } from '@patchbay/objects/testing';

import { type ProgramName, type Running, start } from '../commands/programs.js';
import { root } from '../repository.js';

const hostileClient = fileURLToPath(new URL('hostile-client.js', import.meta.url));
const module = join(root, 'packages/rpcserver/dist/test/fixtures/workshop.js');

/** What the worst call of another client may take, in milliseconds. */
const barMs = 250;
/** A machine that has other things to do may be slow once, and is not each time. */
const rounds = 3;

/** Starts a daemon, and returns it with its address when it is ready. */
async function startDaemon(
  program: ProgramName,
  words: readonly string[],
): Promise<Running & { address: string }> {
  const running = start(program, ['start', '--insecure', ...words]);
  const address = await eventually(() => {
    const ready = running.said.stderr.split('\n').find((line) => line.includes('server is ready'));
    if (ready === undefined) {
      throw new Error(`${program} is not ready: ${running.said.stderr}`);
    }
    return (JSON.parse(ready) as { address: string }).address;
  }, 30_000);
  return { ...running, address };
}

async function residentMiB({ child }: Running): Promise<number> {
  const status = await readFile(`/proc/${String(child.pid)}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

/**
 * Returns how long the worst of the calls took that another client made during an attack, in milliseconds: beyond how
 * late a timer of its own was at worst, as a machine that is short of processors holds up everybody.
 */
async function worstCallDuring(
  address: string,
  [object, method, unit]: readonly string[],
  call: () => PromiseLike<unknown>,
): Promise<number> {
  const attacker = fork(hostileClient, [address, object ?? '', method ?? '', unit ?? '']);
  const ended = once(attacker, 'exit');
  await once(attacker, 'message');
  attacker.send('begin');
  const timerMs = 2;
  let worstMs = 0;
  let worstDelayMs = 0;
  while (attacker.exitCode === null) {
    const begunAtMs = performance.now();
    await call();
    worstMs = Math.max(worstMs, performance.now() - begunAtMs);
    const timerSetAtMs = performance.now();
    await new Promise((resolve) => setTimeout(resolve, timerMs));
    worstDelayMs = Math.max(worstDelayMs, performance.now() - timerSetAtMs - timerMs);
  }
  await ended;
  return worstMs - worstDelayMs;
}

describe('Messages of 60 MiB from 8 connections', function () {
  this.timeout(240_000);

  for (const [what, program, attack, own] of [
    ['a name server, nested JSON', 'nameserver', ['nameserver', 'lookup', '['], ['nameserver', 'info']],
    ['an RPC server, nested JSON', 'rpcserver', ['workshop', 'echo', '['], ['workshop', 'state_directory']],
    [
      'an RPC server, a list of millions',
      'rpcserver',
      ['workshop', 'echo', '[0,'],
      ['workshop', 'state_directory'],
    ],
  ] as const) {
    it(`hold up nobody else and leave nothing behind: ${what}`, async () => {
      await using scratch = await Scratch.make();
      await using nameServer = await TestNameServer.start();
      const listen = '127.0.0.1:0';
      const file = scratch.file('rpcserver.yaml');
      const objects = [{ name: 'workshop', module }];
      await writeFile(
        file,
        JSON.stringify({ nameServer: nameServer.address, listen, stateDir: './state', objects }),
      );
      const words =
        program === 'rpcserver'
          ? ['--config', file]
          : ['--listen', listen, '--state-dir', scratch.file('registry')];
      const daemon = await startDaemon(program, words);
      try {
        await using client = connectTo(daemon.address, { timeoutMs: 30_000 });
        const call = (): PromiseLike<unknown> => client.call(own[0], own[1], []);
        await call();
        const beforeMiB = await residentMiB(daemon);
        const worst: number[] = [];
        while (worst.length < rounds && !worst.some((ms) => ms < barMs)) {
          worst.push(await worstCallDuring(daemon.address, attack, call));
        }
        expect(Math.min(...worst), `worst calls of ${String(worst.length)} rounds`).to.be.below(barMs);
        await eventually(async () => (await residentMiB(daemon)) < beforeMiB + 64, 30_000);
      } finally {
        daemon.child.kill('SIGKILL');
        await daemon.ended;
      }
    });
  }
});
