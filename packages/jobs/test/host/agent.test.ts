import { expect } from 'chai';

import { silentLog } from '@patchbay/objects';
import { FakeClock, refusal, RecordingLog, Scratch } from '@patchbay/objects/testing';

import { HostAgent, type HostAgentOptions } from '../../src/host/agent.js';
import { Journal } from '../../src/host/journal.js';
import { workerLeaseMs } from '../../src/worker-protocol.js';
import { assignmentOf, StandInJobs, StandInRunner } from './stand-ins.js';

/** How long what a disk does in a test may take, in steps of the fake clock. */
const settle = async (clock: FakeClock, until: () => boolean): Promise<void> => {
  for (let turn = 0; turn < 400 && !until(); turn += 1) {
    await clock.advance(0);
  }
  expect(until(), 'it did not come to be').to.equal(true);
};

describe('The agent of a host', () => {
  let scratch: Scratch;
  let clock: FakeClock;
  let jobs: StandInJobs;
  let runner: StandInRunner;
  const log = new RecordingLog();

  beforeEach(async () => {
    scratch = await Scratch.make();
    clock = new FakeClock();
    jobs = new StandInJobs(clock);
    runner = new StandInRunner();
  });
  afterEach(() => scratch.close());

  /** An agent that runs; `kill` ends it as kill -9 does: what the disk has is all that is left. */
  async function start(more: Partial<HostAgentOptions> = {}) {
    const journal = await Journal.open({ stateDir: scratch.path, clock, log: silentLog });
    const agent = await HostAgent.open({
      ...{ worker: jobs, journal, runner, slots: 2, facts: { os: 'linux', arch: 'x64', version: '1' } },
      ...{ drainMs: 10_000, takes: 'pushed', clock, log },
      ...more,
    });
    const stopping = new AbortController();
    const ended = agent.run(stopping.signal);
    return {
      agent,
      journal,
      stop: () => {
        stopping.abort();
        return ended;
      },
      until: (condition: () => boolean) => settle(clock, condition),
      close: async () => {
        stopping.abort();
        jobs.isAway = true;
        for (let turn = 0; turn < 4; turn += 1) {
          await clock.advance(20_000);
        }
        await ended;
        await agent[Symbol.asyncDispose]();
        await journal[Symbol.asyncDispose]();
      },
      kill: async () => {
        // Neither the agent nor its attempts get to write or to say anything more.
        await journal[Symbol.asyncDispose]();
        jobs = Object.assign(new StandInJobs(clock), { kept: jobs.kept });
        runner = new StandInRunner();
      },
    };
  }

  it('makes a job, and reports how it ended', async () => {
    const host = await start();
    jobs.submit(assignmentOf('a'));
    await host.until(() => runner.begun.length === 1);
    expect(jobs.stateOf('a')).to.equal('running');
    runner.end('a', { state: 'succeeded', result: 7 });
    await host.until(() => jobs.stateOf('a') === 'succeeded');
    await host.until(() => host.journal.entries.length === 0);
    await host.close();
  });

  it('takes no more than it has slots for, and the next one as soon as one is free', async () => {
    const host = await start();
    jobs.submit(assignmentOf('a'), assignmentOf('b'), assignmentOf('c'));
    await host.until(() => runner.begun.length === 2);
    expect(jobs.stateOf('c')).to.equal('queued');
    runner.end('a');
    await host.until(() => runner.begun.length === 3);
    expect(clock.monotonicMs()).to.equal(0);
    await host.close();
  });

  it('holds what runs by asking within each third of the lease', async () => {
    const host = await start();
    jobs.submit(assignmentOf('a'));
    await host.until(() => runner.begun.length === 1);
    const asked = jobs.requests.length;
    await clock.advance(workerLeaseMs);
    expect(jobs.requests.length - asked).to.be.at.least(3);
    expect(jobs.requests.at(-1)?.holding).to.deep.equal([{ id: 'a', attempt: 1 }]);
    await host.close();
  });

  it('begins nothing before its journal has it and jobs has agreed', async () => {
    const host = await start();
    jobs.losesAnswers.start = 3;
    jobs.submit(assignmentOf('a'));
    await host.until(() => jobs.starts.length === 1);
    expect(host.journal.entries.map(({ id }) => id)).to.deep.equal(['a']);
    expect(runner.begun).to.deep.equal([]);
    await clock.advance(10_000);
    await host.until(() => runner.begun.length === 1);
    await host.close();
  });

  it('begins a job whose assignment was lost once more, as another attempt', async () => {
    jobs.losesAnswers.next = 1;
    jobs.submit(assignmentOf('a'));
    const host = await start();
    await clock.advance(1_000);
    await host.until(() => runner.begun.length === 1);
    expect(jobs.kept.get('a')?.attempt).to.equal(2);
    await host.close();
  });

  it('keeps running what it runs while jobs is away, and reports it afterwards', async () => {
    const host = await start();
    jobs.submit(assignmentOf('a'));
    await host.until(() => runner.begun.length === 1);
    jobs.isAway = true;
    jobs.endLease();
    runner.end('a');
    await clock.advance(600_000);
    expect(jobs.stateOf('a')).to.equal('lost');
    jobs.isAway = false;
    await clock.advance(30_000);
    await host.until(() => jobs.stateOf('a') === 'succeeded');
    await host.close();
  });

  it('goes on with what it runs after it was frozen past its lease', async () => {
    const host = await start();
    jobs.submit(assignmentOf('a'));
    await host.until(() => runner.begun.length === 1);
    jobs.endLease();
    await clock.standStill(10 * workerLeaseMs);
    await clock.advance(1_000);
    await host.until(() => jobs.stateOf('a') === 'running');
    expect(runner.begun).to.deep.equal(['a']);
    await host.close();
  });

  it('begins nothing that it was given before it was frozen past its lease', async () => {
    const host = await start();
    const begin = jobs.start.bind(jobs);
    let isRefused = false;
    jobs.start = async (attempt) => {
      jobs.endLease(); // it comes to ask only after that
      jobs.start = begin;
      await begin(attempt).finally(() => {
        isRefused = true;
      });
    };
    jobs.submit(assignmentOf('a'));
    await host.until(() => isRefused && host.journal.entries.length === 0);
    expect(runner.begun).to.deep.equal([]);
    await clock.advance(workerLeaseMs);
    await host.until(() => runner.begun.length === 1);
    expect(jobs.kept.get('a')?.attempt, 'the first attempt was refused as stale').to.equal(2);
    expect(runner.begun).to.deep.equal(['a']);
    await host.close();
  });

  it('answers interrupted for what it had begun when it was killed, and does not run it again', async () => {
    const first = await start();
    jobs.submit(assignmentOf('a'));
    await first.until(() => runner.begun.length === 1);
    await first.kill();
    const second = await start();
    await second.until(() => jobs.stateOf('a') === 'interrupted');
    expect(jobs.kept.get('a')?.outcome?.reason).to.equal('JOB_INTERRUPTED');
    await clock.advance(60_000);
    expect(runner.begun).to.deep.equal([]);
    await second.close();
  });

  it('does not run what it had noted when it was killed before jobs agreed', async () => {
    const first = await start();
    jobs.losesAnswers.start = 1_000;
    jobs.submit(assignmentOf('a'));
    await first.until(() => jobs.starts.length === 1);
    await first.kill();
    const second = await start();
    await second.until(() => jobs.stateOf('a') === 'interrupted');
    expect(runner.begun).to.deep.equal([]);
    await second.close();
  });

  it('keeps over restarts how a job ended until jobs has taken it', async () => {
    const first = await start();
    jobs.submit(assignmentOf('a'));
    await first.until(() => runner.begun.length === 1);
    jobs.isAway = true;
    runner.end('a', { state: 'failed', code: 'ABORTED', reason: 'NO_LUCK', message: 'no luck' });
    await first.until(() => first.journal.entries[0]?.outcome !== undefined);
    await first.kill();
    jobs.isAway = true;
    const second = await start();
    await clock.advance(60_000);
    expect(jobs.stateOf('a')).to.equal('running');
    jobs.isAway = false;
    await clock.advance(30_000);
    await second.until(() => jobs.stateOf('a') === 'failed');
    await second.until(() => second.journal.entries.length === 0);
    await second.close();
  });

  it('says the same once more where the answer was lost', async () => {
    const host = await start();
    jobs.losesAnswers.finish = 1;
    jobs.submit(assignmentOf('a'));
    await host.until(() => runner.begun.length === 1);
    runner.end('a');
    await host.until(() => jobs.finishes.length === 1);
    await clock.advance(1_000);
    await host.until(() => jobs.finishes.length === 2);
    expect(jobs.stateOf('a')).to.equal('succeeded');
    await host.close();
  });

  it('drops how an attempt ended that is not its own any more', async () => {
    const host = await start();
    jobs.submit(assignmentOf('a'));
    await host.until(() => runner.begun.length === 1);
    jobs.isAway = true;
    runner.end('a');
    await host.until(() => host.journal.entries[0]?.outcome !== undefined);
    jobs.giveUp('a');
    jobs.isAway = false;
    await clock.advance(30_000);
    await host.until(() => host.journal.entries.length === 0);
    expect(jobs.finishes).to.deep.equal([]);
    await host.close();
  });

  it('stops what it is to forget, and answers for it no more', async () => {
    const host = await start();
    jobs.submit(assignmentOf('a'));
    await host.until(() => runner.begun.length === 1);
    jobs.giveUp('a');
    await clock.advance(workerLeaseMs);
    await host.until(() => host.agent.running.length === 0 && host.journal.entries.length === 0);
    expect(jobs.finishes).to.deep.equal([]);
    await host.close();
  });

  it('stops what is cancelled, and says so', async () => {
    const host = await start();
    jobs.submit(assignmentOf('a'));
    await host.until(() => runner.begun.length === 1);
    await clock.advance(1_000);
    jobs.cancel('a');
    await host.until(() => jobs.stateOf('a') === 'cancelled');
    await host.close();
  });

  it('lets what runs end when it is stopped, takes no more, and leaves nothing', async () => {
    const host = await start();
    jobs.submit(assignmentOf('a'));
    await host.until(() => runner.begun.length === 1);
    const stopped = host.stop();
    jobs.submit(assignmentOf('b'));
    await clock.advance(5_000);
    runner.end('a');
    await clock.advance(5_000);
    await stopped;
    expect([jobs.stateOf('a'), jobs.stateOf('b')]).to.deep.equal(['succeeded', 'queued']);
    await host.close();
  });

  it('interrupts what does not end in time when it is stopped, and says why', async () => {
    const host = await start();
    jobs.submit(assignmentOf('a'));
    await host.until(() => runner.begun.length === 1);
    const stopped = host.stop();
    await clock.advance(9_999);
    expect(jobs.stateOf('a')).to.equal('running');
    await clock.advance(10_000);
    await stopped;
    expect(jobs.kept.get('a')?.outcome).to.deep.include({ state: 'interrupted', reason: 'JOB_INTERRUPTED' });
    expect(jobs.kept.get('a')?.outcome?.message).to.include('agent of the host was stopped');
    await host.close();
  });

  it('asks at each interval only where it polls', async () => {
    const host = await start({ takes: 30_000 });
    await host.until(() => jobs.requests.length === 1);
    jobs.submit(assignmentOf('a'));
    await clock.advance(29_000);
    expect(runner.begun).to.deep.equal([]);
    await clock.advance(1_000);
    await host.until(() => runner.begun.length === 1);
    expect(jobs.requests.every(({ waitMs }) => waitMs === 0)).to.equal(true);
    await host.close();
  });

  it('makes only the job that is asked for where it takes none by itself', async () => {
    const host = await start({ takes: 'asked' });
    jobs.submit(assignmentOf('a'), assignmentOf('b'));
    runner.ends = () => ({ state: 'succeeded', result: null });
    const made = host.agent.make('b');
    await host.until(() => jobs.stateOf('b') === 'succeeded');
    expect(await made).to.deep.equal({ state: 'succeeded', result: null });
    expect(jobs.stateOf('a')).to.equal('queued');
    expect(await host.agent.make('c')).to.equal(undefined);
    await host.close();
  });

  it('takes nothing for a while where it cannot write its journal', async () => {
    const host = await start();
    await host.until(() => jobs.requests.length === 1);
    host.journal.begin = () => Promise.reject(new Error('the disk is full'));
    jobs.submit(assignmentOf('a'));
    await clock.advance(25_000);
    expect(jobs.kept.get('a')?.attempt).to.equal(1);
    expect(runner.begun).to.deep.equal([]);
    await host.close();
  });

  it('is the only one with its journal', async () => {
    const host = await start();
    const second = Journal.open({ stateDir: scratch.path, clock, log: silentLog });
    expect((await refusal(second)).reason).to.equal('AGENT_RUNNING');
    await host.close();
  });
});
