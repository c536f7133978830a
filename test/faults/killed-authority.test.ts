import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

import { grpcTransport } from '@patchbay/grpc/client';
import { type CurrentIdentity, openIdentity, renewIdentity, secureTransport } from '@patchbay/grpc/secure';
import { eventually, Scratch } from '@patchbay/objects/testing';
import { joinHost } from '@patchbay/rpcserver';
import { connectOver } from '@patchbay/session/client';

import { type Outcome, type Running, run, start } from '../commands/programs.js';
import { root } from '../repository.js';
import { Random } from '../soak/random.js';

const kills = 3;

/** Renews again and again, until it is killed. */
const renewing = `
  import { openIdentity, renewIdentity } from '@patchbay/grpc/secure';
  const [path, address] = process.argv.slice(1);
  for (;;) {
    await renewIdentity(openIdentity(path), address);
    process.stdout.write('.');
  }
`;

interface View {
  readonly keyFingerprint: string;
  readonly roots: readonly { readonly name: string; readonly state: string }[];
}

describe('An authority whose process is killed', function () {
  this.timeout(120_000);
  const random = new Random(Number(process.env.PATCHBAY_SEED ?? 1));
  let scratch: Scratch;
  let nameServer: Running | undefined;
  let address: string;

  beforeEach(async () => {
    scratch = await Scratch.make();
    await succeeded(run('nameserver', ['init', '--name', 'ns1', '--state-dir', scratch.file('names')]));
    await startNames('127.0.0.1:0');
  });
  afterEach(async () => {
    await kill();
    await scratch.close();
  });

  function socket(): string {
    return `unix:${scratch.file('run', 'socket')}`;
  }

  async function startNames(listen: string): Promise<void> {
    const listens = ['--listen', listen, '--listen', socket()];
    const running = start('nameserver', ['start', ...listens, '--state-dir', scratch.file('names')]);
    nameServer = running;
    const ready = await eventually(() => {
      const line = running.said.stderr.split('\n').find((each) => each.includes('name server is ready'));
      expect(line, running.said.stderr).to.be.a('string');
      return line ?? '';
    }, 20_000);
    ({ address } = JSON.parse(ready) as { address: string });
  }

  async function kill(): Promise<void> {
    nameServer?.child.kill('SIGKILL');
    await nameServer?.ended;
  }

  async function succeeded(outcome: Promise<Outcome>): Promise<string> {
    const { status, stdout, stderr } = await outcome;
    expect(status, stderr).to.equal(0);
    return stdout;
  }

  async function call<T>(name: string, ...args: readonly unknown[]): Promise<T> {
    await using local = connectOver(grpcTransport, socket());
    return (await local.call('identity', name, args)) as T;
  }

  async function joined(): Promise<CurrentIdentity> {
    const stateDir = scratch.file('web1');
    await joinHost({ address: socket(), name: 'web1', stateDir });
    return openIdentity(`${stateDir}/identity.json`) as CurrentIdentity;
  }

  it('at any moment of a rotation goes on with it, and hosts with their certificates', async () => {
    const host = await joined();
    for (let count = 0; count < kills; count += 1) {
      const before = host.current;
      const asked = call('rotate_authority', { force: true }).catch(() => undefined);
      await delay(random.below(40));
      await kill();
      await asked;
      await startNames(address);
      await call('rotate_authority', { force: true }); // where it had not begun
      const { roots } = await call<View>('show_authority');
      expect(roots.filter(({ state }) => state === 'issuing')).to.have.length(1);
      expect(roots.filter(({ state }) => state === 'next')).to.have.length(0);
      const former = roots.length - before.roots.length;
      if (former === 1) {
        // Who knows the root before alone is known, and knows the name server.
        await using client = connectOver(secureTransport({ identity: before }), address, {
          principal: 'nameserver',
        });
        expect(await client.call('identity', 'whoami', [])).to.include({ principal: 'host:web1' });
      }
      await renewIdentity(host, socket());
    }
  });

  it('never costs a host its identity, nor does the end of the host, at any moment of a renewal', async () => {
    await joined();
    const file = scratch.file('web1', 'identity.json');
    for (let count = 0; count < kills; count += 1) {
      const argv = ['--input-type=module', '-e', renewing, file, address];
      const child = spawn(process.execPath, argv, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
      const ended = once(child, 'exit');
      await once(child.stdout, 'data');
      await delay(random.below(60));
      if (count % 2 === 0) {
        child.kill('SIGKILL');
      } else {
        await kill();
        child.kill('SIGKILL');
        await startNames(address);
      }
      await ended;
      await renewIdentity(openIdentity(file) as CurrentIdentity, address);
    }
  });

  it('is restored from a backup, by its key and no other, or gets another key', async () => {
    const { keyFingerprint } = await call<View>('show_authority');
    const [backup, stateDir] = [scratch.file('backup'), ['--state-dir', scratch.file('names')]];
    expect(await succeeded(run('nameserver', ['backup', backup, '--name-server', socket()]))).to.contain(
      keyFingerprint,
    );
    const taken = await run('nameserver', ['restore', backup, ...stateDir]);
    expect(taken.stderr).to.contain('STORE_LOCKED');
    await kill();
    expect(await succeeded(run('nameserver', ['restore', backup, ...stateDir]))).to.contain('and is there');
    await startNames(address);
    expect((await call<View>('show_authority')).keyFingerprint).to.equal(keyFingerprint);
    await kill();
    await rm(scratch.file('names', 'cluster.key'));
    expect(await succeeded(run('nameserver', ['restore', backup, ...stateDir]))).to.contain('is not there');
    const renewed = await succeeded(run('nameserver', ['init', '--new-authority', ...stateDir]));
    expect(renewed).to.contain('has a new root').and.not.contain(keyFingerprint);
    await startNames(address);
    expect((await call<View>('show_authority')).roots.map(({ state }) => state)).to.deep.equal(['issuing']);
  });
});
