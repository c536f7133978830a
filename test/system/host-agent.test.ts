import { expect } from 'chai';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Assignment } from '@patchbay/jobs';
import { eventually, Scratch } from '@patchbay/objects/testing';
import { type Client, connect } from '@patchbay/rpcclient';

import { root } from '../repository.js';
import { type Outcome, run } from './command.js';
import { Daemon } from './daemon.js';
import { describeSystem } from './scratch.js';

interface Looked {
  readonly state: string;
  readonly outcome?: { readonly reason?: string; readonly message?: string; readonly result?: unknown };
}

const fixture = (name: string): string => join(root, 'packages/jobs/dist/test/host/fixtures', `${name}.js`);

describeSystem('The agent of a host, with its daemons', [], () => {
  let scratch: Scratch;
  let names: Daemon;
  let server: Daemon;
  let agent: Daemon | undefined;
  let client: Client;
  let host: string;
  let diary: string;

  const socketOf = (daemon: string): string => `unix:${scratch.file('run', daemon, 'socket')}`;
  const startNames = (): Promise<Daemon> =>
    Daemon.start(
      ['nameserver', 'start', '--listen', socketOf('nameserver'), '--state-dir', scratch.file('names')],
      scratch.file('nameserver.log'),
    );
  /** Starts the agent, unless it runs. */
  const startAgent = async (): Promise<Daemon> => {
    if (agent?.runs === true) {
      return agent;
    }
    agent = await Daemon.start(
      ['patchbay-host', 'start', '--config', scratch.file('host.yaml')],
      scratch.file('agent.log'),
    );
    await agent.ready(async () => {
      expect((await status()).connection).to.equal('connected');
    });
    return agent;
  };
  const command = (...words: readonly string[]): Promise<Outcome> =>
    run(['patchbay-host', ...words, '--config', scratch.file('host.yaml'), '--json']);
  const status = async (): Promise<Record<string, unknown>> =>
    JSON.parse((await command('status')).stdout) as Record<string, unknown>;

  before(async () => {
    scratch = await Scratch.make();
    diary = scratch.file('diary');
    client = connect({ nameServer: socketOf('nameserver') });
    names = await startNames();
    await names.ready(() => client.describe('nameserver'));
    await writeFile(
      scratch.file('rpcserver.yaml'),
      JSON.stringify({
        ...{ nameServer: socketOf('nameserver'), listen: socketOf('rpcserver') },
        stateDir: scratch.file('state'),
        objects: [
          { name: 'diary', module: fixture('diary') },
          { name: 'jobs', module: fixture('stand-in-jobs') },
        ],
      }),
    );
    const words = ['rpcserver', 'start', '--config', scratch.file('rpcserver.yaml')];
    server = await Daemon.start(words, scratch.file('rpcserver.log'));
    await server.ready(() => client.describe('jobs'));
    await writeFile(
      scratch.file('host.yaml'),
      JSON.stringify({
        ...{ nameServer: socketOf('nameserver'), servers: [socketOf('rpcserver')] },
        ...{ identity: scratch.file('state/identity.json'), stateDir: scratch.file('agent'), drain: '1s' },
      }),
    );
    host = (JSON.parse(readFileSync(scratch.file('state/identity.json'), 'utf8')) as { name: string }).name;
    for (const user of ['alice', 'bob']) {
      await client.call('identity', 'create_user', [user]);
    }
    await client.call('identity', 'grant', ['user:alice', 'operator', 'diary']);
  });
  after(async () => {
    await agent?.[Symbol.asyncDispose]();
    await client.close();
    await server[Symbol.asyncDispose]();
    await names[Symbol.asyncDispose]();
    await scratch.close();
  });

  async function submit(id: string, method: string, more: Partial<Assignment> = {}): Promise<void> {
    const job = {
      id,
      attempt: 1,
      object: 'diary',
      method,
      args: [],
      caller: 'user:alice',
      idempotent: false,
    };
    await client.call('jobs', 'submit', [{ ...job, ...more }]);
  }
  const look = async (id: string): Promise<Looked> => (await client.call('jobs', 'look', [id])) as Looked;
  const ended = (id: string): Promise<Looked> =>
    eventually(async () => {
      const looked = await look(id);
      expect(looked.state).to.not.be.oneOf(['queued', 'claimed', 'running', 'lost']);
      return looked;
    });
  const begun = (): Promise<boolean> => eventually(() => existsSync(diary));

  it('makes a job on behalf of its caller', async () => {
    await startAgent();
    await submit('by-alice', 'caller');
    expect(await ended('by-alice')).to.deep.equal({
      state: 'succeeded',
      outcome: { state: 'succeeded', result: ['user:alice', 'local'] },
    });
    await submit('by-root', 'caller', { caller: 'local' });
    expect((await ended('by-root')).outcome?.result).to.deep.equal(['local', 'itself']);
  });

  it('says that a caller lost the right, and which servers have no such object', async () => {
    await startAgent();
    await submit('by-bob', 'caller', { caller: 'user:bob' });
    await submit('of-nobody', 'caller', { object: 'poems' });
    expect((await ended('by-bob')).outcome).to.deep.include({
      code: 'PERMISSION_DENIED',
      reason: 'CALLER_REVOKED',
    });
    const { outcome } = await ended('of-nobody');
    expect(outcome).to.deep.include({
      reason: 'OBJECT_NOT_FOUND',
      details: { servers: [socketOf('rpcserver')] },
    });
  });

  it('says interrupted for what ran when it was killed, and does not make it again', async () => {
    const first = await startAgent();
    await submit('cut-short', 'note_and_wait', { args: [diary] });
    await begun();
    await first.kill();
    await startAgent();
    expect((await ended('cut-short')).outcome).to.deep.include({
      state: 'interrupted',
      reason: 'JOB_INTERRUPTED',
    });
    expect(readFileSync(diary, 'utf8').match(/begun/g)).to.have.length(1);
  });

  it('stops what is cancelled, and what runs when it is stopped, and says so', async () => {
    const running = await startAgent();
    const stops = (): number => readFileSync(diary, 'utf8').match(/stopped/g)?.length ?? 0;
    await submit('cancelled', 'note_and_wait', { args: [diary] });
    await eventually(async () => (await look('cancelled')).state === 'running');
    await client.call('jobs', 'cancel', ['cancelled']);
    expect((await ended('cancelled')).state).to.equal('cancelled');
    const before = stops();
    await submit('drained', 'note_and_wait', { args: [diary] });
    await eventually(async () => (await look('drained')).state === 'running');
    expect(await status()).to.deep.include({ host, agent: 'running', slots: 4, groups: [] });
    expect(await running.terminate()).to.equal(0);
    expect((await ended('drained')).outcome?.message).to.include('the agent of the host was stopped');
    await eventually(() => stops() > before);
  });

  it('waits for the name server, and goes on', async () => {
    await startAgent();
    await names.kill();
    names = await startNames();
    await names.ready(() => client.describe('jobs'));
    await submit('afterwards', 'caller');
    expect((await ended('afterwards')).state).to.equal('succeeded');
  });

  it('makes jobs by hand, but not beside an agent: one, and all that wait, those of runs first', async () => {
    const running = await startAgent();
    const refused = await command('once');
    expect(refused.status).to.equal(5);
    expect(JSON.parse(refused.stderr)).to.deep.include({ reason: 'AGENT_RUNNING' });
    await running.terminate();
    const file = scratch.file('order');
    await submit('single', 'note', { args: [file, 'single'] });
    await submit('of-run', 'note', { args: [file, 'of a run'], run: 'run-1' });
    await submit('wrong', 'note', { args: [] });
    await submit('asked', 'note', { args: [file, 'asked'] });
    const listed = JSON.parse((await command('list')).stdout) as Record<string, unknown>[];
    expect(listed.map(({ id }) => id)).to.deep.equal(['single', 'of-run', 'wrong', 'asked']);
    expect(listed[1]).to.deep.include({ run: 'run-1', command: `diary.note ${file} 'of a run'` });
    const one = await command('run', 'asked');
    expect(one.status, one.stderr).to.equal(0);
    expect(JSON.parse(one.stdout)).to.deep.include({ id: 'asked', state: 'succeeded' });
    const all = await command('once');
    expect(all.status).to.equal(5);
    expect(JSON.parse(all.stderr)).to.deep.include({ reason: 'JOBS_FAILED', details: { failed: ['wrong'] } });
    expect((JSON.parse(all.stdout) as { id: string }[]).map(({ id }) => id)).to.deep.equal([
      'of-run',
      'single',
      'wrong',
    ]);
    expect(readFileSync(file, 'utf8')).to.equal('asked\nof a run\nsingle\n');
    expect(JSON.parse((await command('run', 'asked')).stderr)).to.deep.include({ reason: 'JOB_NOT_WAITING' });
    expect(JSON.parse((await command('register')).stdout)).to.deep.include({ host, slots: 4 });
  });
});
