import { expect } from 'chai';

import { silentLog } from '@patchbay/objects';
import { Scratch } from '@patchbay/objects/testing';

import { HostAgent } from '../../src/host/agent.js';
import { Journal } from '../../src/host/journal.js';
import type { Worker } from '../../src/host/worker.js';
import { callers, TestJobs } from '../test-jobs.js';
import { StandInRunner } from './stand-ins.js';

/** Asks the object `jobs` as the host web-1. */
function workerOf(test: TestJobs): Worker {
  const jobs = test.as(callers.web1);
  return {
    next: async (question, options) => {
      const { run, ...orders } = await jobs.with(options).next(question);
      return { ...orders, run: run.map((each) => ({ ...each, fromHere: true })) };
    },
    pending: async () => (await jobs.pending()).jobs,
    start: async ({ id, attempt }) => {
      await jobs.start(id, attempt);
    },
    finish: async ({ id, attempt }, outcome) => {
      await jobs.finish(id, attempt, outcome);
    },
  };
}

describe('The agent of a host and the object jobs', () => {
  let scratch: Scratch;
  let test: TestJobs;
  let runner: StandInRunner;

  beforeEach(async () => {
    scratch = await Scratch.make();
    test = await TestJobs.open();
    runner = new StandInRunner();
  });
  afterEach(async () => {
    await test[Symbol.asyncDispose]();
    await scratch.close();
  });

  const openJournal = (): Promise<Journal> =>
    Journal.open({ stateDir: scratch.path, clock: test.clock, log: silentLog });

  async function submit(id: string): Promise<void> {
    await test.services.queue.submit({
      ...{ id, object: 'disks', method: 'check', args: ['sda'], queue: 'host:web-1' },
      ...{ caller: 'user:alice', policy: {}, idempotent: false, access: 'operate' },
    });
  }

  const until = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
    for (let turn = 0; turn < 400 && !(await condition()); turn += 1) {
      await test.clock.advance(0);
    }
    expect(await condition(), 'it did not come to be').to.equal(true);
  };
  const isIn = (id: string, state: string) => async (): Promise<boolean> =>
    (await test.services.queue.find(id)).state === state;

  /** Runs an agent. */
  async function start(journal: Journal) {
    const agent = await HostAgent.open({
      ...{ worker: workerOf(test), journal, runner, slots: 2, takes: 'pushed', drainMs: 1_000 },
      ...{ facts: { os: 'linux', arch: 'x64', version: '1' }, clock: test.clock, log: silentLog },
    });
    const stopping = new AbortController();
    const ended = agent.run(stopping.signal);
    return {
      stop: async () => {
        stopping.abort();
        await test.clock.advance(10_000);
        await ended;
        await agent[Symbol.asyncDispose]();
        await journal[Symbol.asyncDispose]();
      },
    };
  }

  it('agree on a job from its submission to its end', async () => {
    const agent = await start(await openJournal());
    await submit('a');
    await until(() => runner.begun.length === 1);
    expect(await isIn('a', 'running')()).to.equal(true);
    runner.end('a', { state: 'succeeded', result: 'fine' });
    await until(isIn('a', 'succeeded'));
    await agent.stop();
  });

  it('agree that what ran with an agent that was killed is interrupted, and not begun again', async () => {
    await submit('a');
    const { desk } = test.services;
    const question = { holding: [], free: 1, waitMs: 0 };
    await desk.next('host:web-1', question, new AbortController().signal);
    await desk.start('host:web-1', { id: 'a', attempt: 1 });
    const journal = await openJournal();
    await journal.begin({ id: 'a', attempt: 1, object: 'disks', method: 'check', startedAtMs: 0 });
    const agent = await start(journal);
    await until(isIn('a', 'interrupted'));
    await test.clock.advance(60_000);
    expect(runner.begun).to.deep.equal([]);
    await agent.stop();
  });

  it('agree that a job had not begun whose agent was killed before it said so', async () => {
    await submit('a');
    const question = { holding: [], free: 1, waitMs: 0 };
    await test.services.desk.next('host:web-1', question, new AbortController().signal);
    const journal = await openJournal();
    await journal.begin({ id: 'a', attempt: 1, object: 'disks', method: 'check', startedAtMs: 0 });
    const agent = await start(journal);
    await test.clock.advance(30_000);
    await until(() => runner.begun.length === 1);
    expect((await test.services.queue.find('a')).attempt).to.equal(2);
    await agent.stop();
  });
});
