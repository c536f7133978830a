import { expect } from 'chai';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { JobView } from '@patchbay/objects';
import { eventually } from '@patchbay/objects/testing';

import { root } from '../repository.js';
import { NameServerProcess } from './name-server-process.js';
import { type Outcome, run, type Running, scratchDirectory, start } from './programs.js';

describe('Calls as jobs, from the command', function () {
  this.timeout(60_000);
  let directory: Awaited<ReturnType<typeof scratchDirectory>>;
  let nameServer: NameServerProcess;
  let server: Running;
  let environment: Record<string, string>;

  before(async () => {
    directory = await scratchDirectory();
    nameServer = await NameServerProcess.start(join(directory.path, 'names'));
    environment = { PATCHBAY_NAMESERVER: nameServer.address, PATCHBAY_OBJECT: 'printer' };
    const config = join(directory.path, 'rpcserver.json');
    const objects = [
      { name: 'jobs', module: '@patchbay/jobs', options: { insecure: true } },
      { name: 'printer', module: join(root, 'test/dist/commands/printer.js') },
    ];
    const stateDir = join(directory.path, 'state');
    const settings = {
      nameServer: nameServer.address,
      listen: '127.0.0.1:0',
      insecure: true,
      stateDir,
      objects,
    };
    await writeFile(config, JSON.stringify(settings));
    server = start('rpcserver', ['start', '--config', config], environment);
    await eventually(async () => {
      const { status } = await call('jobs.list');
      return status === 0 ? true : Promise.reject(new Error(server.said.stderr));
    }, 30_000);
  });
  after(async () => {
    server.child.kill();
    await server.ended;
    await nameServer.end('SIGTERM');
    await directory[Symbol.asyncDispose]();
  });

  function call(...words: string[]): Promise<Outcome> {
    return run('rpcclient', words, environment);
  }

  /** Submits a call and returns the id of its job, which is all that is printed. */
  async function submitted(...words: string[]): Promise<string> {
    const { status, stdout, stderr } = await call(...words);
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    expect(stdout).to.match(/^[0-9a-z]{16}\n$/);
    return stdout.trim();
  }

  async function show(id: string): Promise<JobView> {
    return JSON.parse((await call('jobs.show', id, '--json')).stdout) as JobView;
  }

  it('are submitted with their arguments read as by a plain call, and their output is followed to its end', async () => {
    const id = await submitted('print', '3', '--text', '007', '--async', '--reason', 'T-1');
    const { status, stdout } = await call('jobs.output', id, '--follow');
    expect([status, stdout]).to.deep.equal([0, '"007 0"\n"007 1"\n"007 2"\n']);
    const view = await show(id);
    expect(view.args).to.deep.equal([3, { text: '007' }]);
    expect([view.comment, view.outcome?.result]).to.deep.equal(['T-1', { lines: 3 }]);
    expect((await call('jobs.show', id)).stdout).to.match(/^submitted at +20\d\d-/m);
  });

  it('are tried again as --job says', async () => {
    const id = await submitted('flaky', '--job', 'retries=2,backoff=10ms');
    await eventually(async () => {
      expect((await show(id)).outcome).to.deep.include({ state: 'succeeded', result: 2 });
    }, 20_000);
    expect((await show(id)).attempt).to.equal(2);
  });

  it('are one job where they have one id', async () => {
    for (let time = 0; time < 2; time++) {
      expect((await call('print', '1', '--job', 'id=mine')).stdout).to.equal('mine\n');
    }
    const other = await call('print', '2', '--job', 'id=mine');
    expect([other.status, other.stderr]).to.satisfy(([, stderr]: [number, string]) =>
      stderr.includes('JOB_EXISTS'),
    );
  });

  it('go on when whoever follows them leaves by Ctrl-C, and end when they are cancelled', async () => {
    const id = await submitted('wait', '--async');
    const following = start('rpcclient', ['jobs.output', id, '--follow'], environment);
    await eventually(() => {
      expect(following.said.stdout).to.equal('"begun"\n');
    }, 20_000);
    following.child.kill('SIGINT');
    expect((await following.ended).status).to.equal(130);
    expect((await show(id)).state).to.equal('running');
    expect((await call('jobs.cancel', id)).status).to.equal(0);
    await eventually(async () => {
      expect((await show(id)).state).to.equal('cancelled');
    }, 20_000);
  });

  it('are what a method asks for, unless it is called directly', async () => {
    const id = await submitted('later');
    await eventually(async () => {
      expect((await show(id)).outcome?.result).to.equal('called');
    }, 20_000);
    expect((await call('later', '--no-async')).stdout).to.equal('called\n');
  });

  it('are refused with what is wrong with them', async () => {
    for (const [words, reason] of [
      [['print', '1', '--job', 'retries=many'], 'POLICY_INVALID'],
      [['print', 'many', '--async'], 'ARGUMENT_INVALID'],
      [['print', '1', '--async', '--no-async'], 'ARGUMENT_INVALID'],
      [['ls', '--async'], 'OPTION_UNKNOWN'],
    ] as const) {
      const { status, stderr } = await call(...words);
      expect([status, stderr]).to.satisfy(
        ([code, text]: [number, string]) => code === 2 && text.includes(reason),
      );
    }
  });
});
