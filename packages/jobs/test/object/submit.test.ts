import { expect } from 'chai';

import { localCaller } from '@patchbay/objects';
import { refusal } from '@patchbay/objects/testing';

import { callerOf, callers, TestJobs } from '../test-jobs.js';

describe('Submitting', () => {
  it('keeps a call and makes it, as its caller', async () => {
    await using test = await TestJobs.open();
    const jobs = test.as(callers.alice);
    const receipt = await jobs.submit('disks', 'check', ['sda'], { id: 'j1', comment: 'T-1' });
    expect(receipt).to.deep.equal({ id: 'j1', kind: 'job', state: 'queued' });
    const { state, outcome, caller, attempt, comment } = await jobs.watch('j1');
    expect({ state, caller, attempt, comment }).to.deep.equal({
      ...{ state: 'succeeded', caller: 'user:alice', attempt: 1, comment: 'T-1' },
    });
    expect(outcome).to.deep.equal({ state: 'succeeded', result: 'sda is fine' });
  });

  it('calls on behalf of nobody but itself what local submits on its machine', async () => {
    await using test = await TestJobs.open();
    const jobs = test.as(localCaller('test'));
    const { id } = await jobs.submit('disks', 'check', ['sda']);
    expect((await jobs.watch(id)).state).to.equal('succeeded');
  });

  const refused: [what: string, reason: string, method: string, args: string[], options?: object][] = [
    ['a method that is not there', 'METHOD_NOT_FOUND', 'chek', ['sda']],
    ['a method whose result is secret', 'JOB_RESULT_SECRET', 'key', []],
    ['an argument that is a stream', 'JOB_ARGUMENT_LIVE', 'fill', ['text']],
    ['a method that wants a reason, without one', 'REASON_REQUIRED', 'wipe', ['sda']],
    [
      'a policy that retries what cannot succeed',
      'POLICY_INVALID',
      'check',
      ['sda'],
      { retries: 1, retryOn: ['INVALID_ARGUMENT'] },
    ],
    ['arguments of 300 KiB', 'ARGUMENT_INVALID', 'check', ['x'.repeat(300 * 1024)]],
  ];
  for (const [what, reason, method, args, options = {}] of refused) {
    it(`refuses ${what} with ${reason}`, async () => {
      await using test = await TestJobs.open();
      await refusal(test.as(callers.alice).submit('disks', method, args, options), reason);
      expect(test.services.queue.live.size).to.equal(0);
    });
  }

  it('refuses whoever may not make the call', async () => {
    await using test = await TestJobs.open();
    await refusal(test.as(callers.bob).submit('disks', 'check', ['sda']), 'CALLER_REFUSED');
    await refusal(test.as(callerOf('anonymous')).submit('disks', 'check', ['sda']), 'CALLER_UNKNOWN');
    await test.as(callers.bob).submit('disks', 'look', ['sda']);
  });

  it('fails with CALLER_REVOKED where the caller lost the right while the job waited', async () => {
    await using test = await TestJobs.open();
    const jobs = test.as(callers.alice);
    await jobs.submit('disks', 'check', ['sda'], { id: 'j1', notBeforeMs: test.clock.now() + 60_000 });
    test.known.set('user:alice', callerOf('user:alice'));
    await test.clock.advance(60_000);
    expect((await jobs.watch('j1')).outcome?.reason).to.equal('CALLER_REVOKED');
  });
});

describe('The rights on a job', () => {
  const methods = ['show', 'cancel', 'resolve', 'retry'] as const;
  const may: Record<keyof typeof callers, readonly (typeof methods)[number][]> = {
    alice: methods,
    bob: ['show'],
    carol: methods,
    mallory: [],
    web1: [],
    web2: [],
  };
  for (const [name, allowed] of Object.entries(may)) {
    it(`allow ${name} ${allowed.length === 0 ? 'nothing' : allowed.join(', ')}`, async () => {
      await using test = await TestJobs.open();
      const later = { notBeforeMs: test.clock.now() + 1_000 };
      await test.as(callers.alice).submit('disks', 'check', ['sda'], { id: 'j1', ...later });
      const jobs = test.as(callers[name as keyof typeof callers]);
      for (const method of methods) {
        const call = jobs[method]('j1');
        if (allowed.includes(method)) {
          await call;
        } else {
          await refusal(call, 'CALLER_REFUSED');
        }
      }
    });
  }

  it('end with the right to the call: who lost it reads its own jobs no more, but may end them', async () => {
    await using test = await TestJobs.open();
    const later = { notBeforeMs: test.clock.now() + 1_000 };
    await test.as(callers.alice).submit('disks', 'check', ['sda'], { id: 'j1', ...later });
    const jobs = test.as({ ...callers.alice, roles: [] });
    await refusal(jobs.show('j1'), 'CALLER_REFUSED');
    await refusal(jobs.output('j1'), 'CALLER_REFUSED');
    await refusal(jobs.watch('j1'), 'CALLER_REFUSED');
    expect((await jobs.list()).jobs).to.deep.equal([]);
    await jobs.cancel('j1');
  });

  it('let a list show what its caller may see', async () => {
    await using test = await TestJobs.open();
    await test.as(callers.alice).submit('disks', 'check', ['sda'], { id: 'j1' });
    for (const [name, seen] of [
      ['alice', 1],
      ['bob', 1],
      ['mallory', 0],
    ] as const) {
      expect((await test.as(callers[name]).list()).jobs).to.have.lengthOf(seen);
    }
  });
});

describe('Listing jobs', () => {
  it('goes page by page, the newest first, by each of its filters', async () => {
    await using test = await TestJobs.open();
    test.disks.check = (disk) =>
      disk === 'bad' ? Promise.reject(new Error('broken')) : Promise.resolve(disk);
    const jobs = test.as(callers.carol);
    for (let n = 0; n < 6; n += 1) {
      await jobs.submit('disks', n % 2 === 0 ? 'check' : 'look', [n === 4 ? 'bad' : 'sda'], {
        id: `j${String(n)}`,
      });
      await jobs.watch(`j${String(n)}`);
      await test.clock.advance(1_000);
    }
    const ids = async (filter: NonNullable<Parameters<typeof jobs.list>[0]>): Promise<string[]> =>
      (await jobs.list(filter)).jobs.map(({ id }) => id);
    expect(await ids({})).to.deep.equal(['j5', 'j4', 'j3', 'j2', 'j1', 'j0']);
    expect(await ids({ state: 'failed' })).to.deep.equal(['j4']);
    expect(await ids({ unresolved: true })).to.deep.equal(['j4']);
    expect(await ids({ method: 'disks.look' })).to.deep.equal(['j5', 'j3', 'j1']);
    expect(await ids({ since: '2500ms' })).to.deep.equal(['j5', 'j4']);
    expect(await ids({ caller: 'user:alice' })).to.deep.equal([]);
    const { next = '' } = await jobs.list({ limit: 4 });
    expect(await ids({ limit: 4, from: next })).to.deep.equal(['j1', 'j0']);
    await jobs.resolve('j4');
    expect(await ids({ unresolved: true })).to.deep.equal([]);
  });
});
