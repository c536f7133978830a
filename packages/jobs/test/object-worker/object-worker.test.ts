import { expect } from 'chai';

import { eventually } from '@patchbay/objects/testing';

import { callers, TestJobs } from '../test-jobs.js';

/** A call that ends when the test says so, or it is stopped. */
function held(): {
  readonly call: (disk: string, signal: AbortSignal) => Promise<string>;
  readonly end: (result: string) => void;
  begun: number;
} {
  const ends: ((result: string) => void)[] = [];
  const state = {
    begun: 0,
    call: (_: string, signal: AbortSignal) => {
      state.begun += 1;
      return new Promise<string>((resolve, reject) => {
        ends.push(resolve);
        signal.addEventListener('abort', () => {
          reject(signal.reason as Error);
        });
      });
    },
    end: (result: string) => {
      ends.shift()?.(result);
    },
  };
  return state;
}

describe('The worker of objects', () => {
  it('runs no more jobs of an object at once than it has slots', async () => {
    await using test = await TestJobs.open();
    const check = held();
    test.disks.check = check.call;
    const jobs = test.as(callers.alice);
    for (const id of ['a', 'b', 'c']) {
      await jobs.submit('disks', 'check', [id], { id });
    }
    await eventually(() => check.begun === 2);
    check.end('done');
    await jobs.watch('a');
    await eventually(() => check.begun === 3);
    check.end('done');
    check.end('done');
    expect((await jobs.watch('c')).state).to.equal('succeeded');
  });

  it('cancels a call in flight', async () => {
    await using test = await TestJobs.open();
    const check = held();
    test.disks.check = check.call;
    const jobs = test.as(callers.alice);
    await jobs.submit('disks', 'check', ['sda'], { id: 'j1' });
    await eventually(() => check.begun === 1);
    await test.as(callers.carol).cancel('j1');
    const { state, outcome } = await jobs.watch('j1');
    expect([state, outcome?.by]).to.deep.equal(['cancelled', 'user:carol']);
  });

  it('retries what failed as its policy says, and waits in between', async () => {
    await using test = await TestJobs.open();
    let tries = 0;
    test.disks.check = () => {
      tries += 1;
      return tries < 3 ? Promise.reject(test.unavailable()) : Promise.resolve('third time lucky');
    };
    const jobs = test.as(callers.alice);
    await jobs.submit('disks', 'check', ['sda'], { id: 'j1', retries: 5 });
    for (let pause = 1; pause <= 2; pause += 1) {
      await eventually(() => test.services.queue.live.get('j1')?.state === 'waiting');
      await test.clock.advance(13_000);
    }
    const { state, attempt, outcome } = await jobs.watch('j1');
    expect([state, attempt, outcome?.result]).to.deep.equal(['succeeded', 3, 'third time lucky']);
  });

  it('keeps the error of a call that failed, and lets it be tried again by whoever asks', async () => {
    await using test = await TestJobs.open();
    test.disks.check = () => Promise.reject(test.unavailable());
    const jobs = test.as(callers.alice);
    await jobs.submit('disks', 'check', ['sda'], { id: 'j1' });
    expect((await jobs.watch('j1')).outcome).to.include({ state: 'failed', code: 'UNAVAILABLE' });
    test.disks.check = () => Promise.resolve('fine');
    await test.as(callers.carol).retry('j1');
    const { state, caller, attempt } = await jobs.watch('j1');
    expect({ state, caller, attempt }).to.deep.equal({
      state: 'succeeded',
      caller: 'user:carol',
      attempt: 2,
    });
  });

  it('begins nothing twice after a kill that is not idempotent, and the rest again', async () => {
    await using test = await TestJobs.open();
    const check = held();
    test.disks.check = check.call;
    const jobs = test.as(callers.alice);
    await jobs.submit('disks', 'check', ['sda'], { id: 'once' });
    await jobs.submit('disks', 'look', ['sda'], { id: 'often' });
    await eventually(() => check.begun === 2);
    await test.kill();
    await test.start();
    expect((await test.services.queue.find('once')).state).to.equal('interrupted');
    await test.clock.advance(7_000);
    await eventually(() => check.begun === 3);
    expect((await test.services.queue.find('often')).attempt).to.equal(2);
  });

  it('notes in order what a stop of the server interrupts', async () => {
    await using test = await TestJobs.open();
    const check = held();
    test.disks.check = check.call;
    await test.as(callers.alice).submit('disks', 'check', ['sda'], { id: 'j1' });
    await eventually(() => check.begun === 1);
    await test.stop();
    await test.start();
    const { state, outcome } = await test.services.queue.find('j1');
    expect([state, outcome?.reason]).to.deep.equal(['interrupted', 'JOB_INTERRUPTED']);
  });
});
