import { expect } from 'chai';

import { type JobState, jobStates } from '@patchbay/objects';
import { refusal } from '@patchbay/objects/testing';

import type { NewJob } from '../../src/queue/new-job.js';
import type { JobRecord } from '../../src/records/tables.js';
import { workerLeaseMs, type WorkerOrders } from '../../src/worker-protocol.js';
import { callers, TestJobs } from '../test-jobs.js';
import { someCall } from '../testing.js';

const web1 = 'host:web-1';
const waitMs = workerLeaseMs / 3;

/** Submits a call for the host web-1. */
function submit(test: TestJobs, id: string, more: Partial<NewJob> = {}): Promise<JobRecord> {
  return test.services.queue.submit(someCall(id, { queue: web1, ...more }));
}

async function stateOf(test: TestJobs, id: string): Promise<JobState> {
  return (await test.services.queue.find(id)).state;
}

/** Has web-1 claim all that there is. */
function claim(test: TestJobs, holding: WorkerOrders['cancel'] = []): Promise<WorkerOrders> {
  return test.as(callers.web1).next({ holding, free: 10 });
}

/** Has web-1 begin a job. */
async function begin(test: TestJobs, id: string, more: Partial<NewJob> = {}): Promise<void> {
  await submit(test, id, more);
  const { run } = await claim(test);
  await test.as(callers.web1).start(id, run.find((each) => each.id === id)?.attempt ?? 0);
}

/** Has web-1 fall silent until its lease has ended. */
function silence(test: TestJobs): Promise<void> {
  return test.clock.advance(workerLeaseMs + 2_000);
}

describe("A host's agent", () => {
  it('is answered at once when a job is submitted for it (push)', async () => {
    await using test = await TestJobs.open();
    const asked = test.as(callers.web1).next({ free: 1, waitMs });
    await test.clock.advance(1_000);
    await submit(test, 'j1', { args: ['a', { deep: true }], comment: 'T-1', timeoutMs: 5_000 });
    const { run } = await asked;
    expect(run).to.deep.equal([
      {
        ...{ id: 'j1', attempt: 1, object: 'disks', method: 'check', args: ['a', { deep: true }] },
        ...{ caller: 'user:alice', comment: 'T-1', timeoutMs: 5_000, idempotent: false },
      },
    ]);
  });

  it('is answered with nothing when its time to wait has passed', async () => {
    await using test = await TestJobs.open();
    const asked = test.as(callers.web1).next({ free: 1, waitMs });
    await test.clock.advance(waitMs);
    expect(await asked).to.deep.equal({ run: [], cancel: [], forget: [] });
  });

  it('gets no more than it has room for, and by their ids what it asks for', async () => {
    await using test = await TestJobs.open();
    for (const id of ['a', 'b', 'c', 'd']) {
      await submit(test, id);
    }
    const jobs = test.as(callers.web1);
    const first = await jobs.next({ free: 1, only: ['c'] });
    expect(first.run.map(({ id }) => id)).to.deep.equal(['c']);
    const next = await jobs.next({ holding: [{ id: 'c', attempt: 1 }], free: 2 });
    expect(next.run.map(({ id }) => id)).to.deep.equal(['a', 'b']);
    expect((await jobs.pending()).jobs.map(({ id }) => id)).to.have.members(['a', 'b', 'c', 'd']);
  });

  it('gets the jobs of its own queue alone, and changes no others (a hostile host)', async () => {
    await using test = await TestJobs.open();
    await begin(test, 'j1');
    const evil = test.as(callers.web2);
    expect((await evil.next({ free: 10, holding: [{ id: 'j1', attempt: 1 }] })).forget).to.have.lengthOf(1);
    await refusal(evil.start('j1', 1), 'ATTEMPT_STALE');
    await refusal(evil.finish('j1', 1, { state: 'succeeded' }), 'ATTEMPT_STALE');
    await refusal(test.as(callers.carol).next({ free: 1 }), 'CALLER_REFUSED');
    const asWeb1 = { ...callers.web1, delegate: 'host:web-2' } as const;
    await refusal(test.as(asWeb1).finish('j1', 1, { state: 'succeeded' }), 'CALLER_REFUSED');
    expect(await stateOf(test, 'j1')).to.equal('running');
  });

  it('that does not know a job which it has not begun gives it back, when an answer was lost', async () => {
    await using test = await TestJobs.open();
    await submit(test, 'j1');
    expect((await claim(test)).run).to.have.lengthOf(1);
    const { run } = await claim(test);
    expect(run.map(({ id, attempt }) => [id, attempt])).to.deep.equal([['j1', 2]]);
    await refusal(test.as(callers.web1).start('j1', 1), 'ATTEMPT_STALE');
  });

  it('that asks again replaces its question, which claims nothing any more', async () => {
    await using test = await TestJobs.open();
    const first = test.as(callers.web1).next({ free: 1, waitMs });
    await test.clock.advance(0);
    const second = test.as(callers.web1).next({ free: 1, waitMs });
    expect((await first).run).to.deep.equal([]);
    await submit(test, 'j1');
    expect((await second).run).to.have.lengthOf(1);
  });

  it('is told to stop what was cancelled, once at once, and it ends as cancelled by whom', async () => {
    await using test = await TestJobs.open();
    await begin(test, 'j1');
    const jobs = test.as(callers.web1);
    const holding = [{ id: 'j1', attempt: 1 }];
    const asked = jobs.next({ holding, waitMs });
    await test.clock.advance(0);
    await test.as(callers.carol).cancel('j1');
    expect((await asked).cancel).to.deep.equal(holding);
    const again = jobs.next({ holding, waitMs });
    await test.clock.advance(waitMs);
    expect((await again).cancel).to.deep.equal(holding);
    await jobs.finish('j1', 1, { state: 'cancelled' });
    expect((await test.as(callers.alice).show('j1')).outcome?.by).to.equal('user:carol');
  });

  it('is told to stop what has passed its time limit, and it fails as such', async () => {
    await using test = await TestJobs.open();
    await begin(test, 'j1', { timeoutMs: 1_000 });
    const asked = test.as(callers.web1).next({ holding: [{ id: 'j1', attempt: 1 }], waitMs });
    await test.clock.advance(12_000);
    expect((await asked).cancel).to.have.lengthOf(1);
    await test.as(callers.web1).finish('j1', 1, { state: 'cancelled' });
    expect((await test.as(callers.alice).show('j1')).outcome?.code).to.equal('DEADLINE_EXCEEDED');
  });
});

describe('A job whose host falls silent', () => {
  it('goes back into the queue if it had not begun', async () => {
    await using test = await TestJobs.open();
    await submit(test, 'j1');
    await claim(test);
    await silence(test);
    expect(await stateOf(test, 'j1')).to.equal('queued');
  });

  it('is lost, then runs on when the host is back (a busy worker is taken for dead, Cronicle#747)', async () => {
    await using test = await TestJobs.open();
    await begin(test, 'j1');
    await silence(test);
    expect(await stateOf(test, 'j1')).to.equal('lost');
    const { run, forget } = await claim(test, [{ id: 'j1', attempt: 1 }]);
    expect({ run, forget }).to.deep.equal({ run: [], forget: [] });
    expect(await stateOf(test, 'j1')).to.equal('running');
  });

  it('is lost, and its late result counts (awx#9594, #1188)', async () => {
    await using test = await TestJobs.open();
    await begin(test, 'j1');
    await silence(test);
    await test.as(callers.web1).finish('j1', 1, { state: 'succeeded', result: 'late' });
    expect((await test.as(callers.alice).show('j1')).outcome?.result).to.equal('late');
  });

  it('is interrupted after a day, and waits for nobody then', async () => {
    await using test = await TestJobs.open();
    await begin(test, 'j1', { idempotent: true });
    await silence(test);
    await test.clock.standStill(24 * 3_600_000 - 10_000);
    expect(await stateOf(test, 'j1')).to.equal('lost');
    await test.clock.advance(10_000);
    expect(await stateOf(test, 'j1')).to.equal('interrupted');
    await refusal(test.as(callers.web1).finish('j1', 1, { state: 'succeeded' }), 'ATTEMPT_STALE');
  });

  it('is interrupted if the host comes back without it, and tried again if it is idempotent', async () => {
    await using test = await TestJobs.open();
    await begin(test, 'once');
    await silence(test);
    await claim(test);
    expect(await stateOf(test, 'once')).to.equal('interrupted');
    await begin(test, 'often', { idempotent: true });
    await silence(test);
    await claim(test);
    expect(await stateOf(test, 'often')).to.equal('waiting');
    await test.clock.advance(6_000);
    expect((await claim(test)).run.map(({ id, attempt }) => [id, attempt])).to.deep.equal([['often', 2]]);
  });

  it('is not begun twice by a frozen agent that wakes up past its lease (bull#308, bullmq#3183)', async () => {
    await using test = await TestJobs.open();
    await submit(test, 'j1');
    const jobs = test.as(callers.web1);
    await claim(test); // frozen before it says that it starts
    await silence(test);
    const second = await claim(test);
    expect(second.run[0]?.attempt).to.equal(2);
    await refusal(jobs.start('j1', 1), 'ATTEMPT_STALE');
    await jobs.start('j1', 2);
    await refusal(jobs.finish('j1', 1, { state: 'failed', code: 'INTERNAL' }), 'ATTEMPT_STALE');
    expect(await stateOf(test, 'j1')).to.equal('running');
  });
});

describe('Reports of what other queues get wrong', () => {
  it('a job sent while a host is away runs on its return (salt#61184, #45813)', async () => {
    await using test = await TestJobs.open();
    await claim(test);
    await silence(test);
    await submit(test, 'j1');
    await test.clock.standStill(3_600_000);
    const note = (await test.as(callers.alice).show('j1')).note ?? '';
    expect(note).to.match(/host web-1 is away, last seen 2026-01-01T00:0/);
    expect((await claim(test)).run).to.have.lengthOf(1);
  });

  it('a queue that nobody ever served says so (salt#69844)', async () => {
    await using test = await TestJobs.open();
    await submit(test, 'j1');
    expect((await test.as(callers.alice).show('j1')).note).to.contain(
      'no agent of host web-1 was ever heard of',
    );
  });

  it('a job for a host that stays away expires (salt#66249)', async () => {
    await using test = await TestJobs.open();
    await submit(test, 'j1', { policy: { expiresMs: 60_000 } });
    await test.clock.advance(60_000);
    expect((await test.as(callers.alice).show('j1')).outcome?.reason).to.equal('JOB_EXPIRED');
  });

  it('killed, dead and away are told apart (salt#36667, #41197)', async () => {
    await using test = await TestJobs.open();
    for (const id of ['cancelled', 'interrupted', 'lost']) {
      await submit(test, id);
    }
    const jobs = test.as(callers.web1);
    await claim(test);
    for (const id of ['cancelled', 'interrupted', 'lost']) {
      await jobs.start(id, 1);
    }
    await test.as(callers.alice).cancel('cancelled');
    await jobs.finish('cancelled', 1, { state: 'cancelled' });
    await jobs.finish('interrupted', 1, { state: 'interrupted' });
    await silence(test);
    await submit(test, 'queued');
    for (const state of ['cancelled', 'interrupted', 'lost', 'queued']) {
      expect(await stateOf(test, state)).to.equal(state);
    }
  });

  it('a late answer fails no job that has ended (windmill#9214)', async () => {
    await using test = await TestJobs.open();
    await begin(test, 'j1');
    const jobs = test.as(callers.web1);
    await jobs.finish('j1', 1, { state: 'succeeded', result: 1 });
    await jobs.finish('j1', 1, { state: 'succeeded', result: 1 });
    await refusal(jobs.finish('j1', 1, { state: 'failed', code: 'INTERNAL' }), 'ATTEMPT_STALE');
    expect(await stateOf(test, 'j1')).to.equal('succeeded');
  });

  it('cancel works in every state (st2#4716, semaphore#1385, #1376)', async () => {
    await using test = await TestJobs.open();
    const jobs = test.as(callers.alice);
    const live: [JobState, () => Promise<unknown>][] = [
      ['waiting', () => submit(test, 'waiting', { isGated: true })],
      ['lost', () => begin(test, 'lost').then(() => silence(test))],
      ['queued', () => submit(test, 'queued')],
    ];
    for (const [state, make] of live) {
      await make();
      expect(await stateOf(test, state)).to.equal(state);
      await jobs.cancel(state);
    }
    await claim(test, [{ id: 'lost', attempt: 1 }]);
    await submit(test, 'claimed');
    await claim(test, [{ id: 'lost', attempt: 1 }]);
    await jobs.cancel('claimed');
    await test.as(callers.web1).finish('lost', 1, { state: 'cancelled' });
    for (const id of ['waiting', 'lost', 'queued', 'claimed']) {
      expect(await stateOf(test, id)).to.equal('cancelled');
      expect((await refusal(jobs.cancel(id), 'JOB_FINISHED')).details.state).to.equal('cancelled');
    }
    expect(jobStates).to.include.members(live.map(([state]) => state));
  });
});

describe('After a kill of jobs', () => {
  it('a host goes on with what it has, and is asked for nothing twice', async () => {
    await using test = await TestJobs.open();
    await begin(test, 'running');
    await submit(test, 'queued');
    await test.kill();
    await test.clock.advance(30_000);
    await test.start();
    expect(await stateOf(test, 'running')).to.equal('running');
    const { run } = await claim(test, [{ id: 'running', attempt: 1 }]);
    expect(run.map(({ id }) => id)).to.deep.equal(['queued']);
    await test.as(callers.web1).finish('running', 1, { state: 'succeeded' });
  });

  it('a host that died meanwhile is lost when its time has passed anew', async () => {
    await using test = await TestJobs.open();
    await begin(test, 'j1');
    await test.kill();
    await test.start();
    await silence(test);
    expect(await stateOf(test, 'j1')).to.equal('lost');
  });
});
