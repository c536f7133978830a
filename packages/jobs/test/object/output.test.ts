import { expect } from 'chai';

import type { OutputChunk } from '@patchbay/objects';
import { refusal } from '@patchbay/objects/testing';

import { encodeFrames, frameHeaderBytes } from '../../src/output/frames.js';
import { callers, TestJobs } from '../test-jobs.js';
import { someCall } from '../testing.js';

const text = (of: string): Buffer => encodeFrames('out', 0, Buffer.from(of));

async function readAll(chunks: AsyncIterable<OutputChunk>): Promise<string> {
  let all = '';
  for await (const { bytes, attempt } of chunks) {
    all += `${String(attempt)}:${Buffer.from(bytes).toString()} `;
  }
  return all.trimEnd();
}

describe('The output of jobs', () => {
  let test: TestJobs;

  beforeEach(async () => {
    test = await TestJobs.open();
  });
  afterEach(() => test[Symbol.asyncDispose]());

  /** Has a job begin on web-1. */
  async function begin(id: string, retries = 0): Promise<ReturnType<TestJobs['as']>> {
    await test.services.queue.submit(
      someCall(id, { queue: 'host:web-1', policy: { retries, backoffMs: 0 }, idempotent: true }),
    );
    return take(id, 1);
  }

  async function take(id: string, attempt: number): Promise<ReturnType<TestJobs['as']>> {
    const agent = test.as(callers.web1);
    const orders = await agent.next({ free: 1 });
    expect(orders.run.map((each) => [each.id, each.attempt])).to.deep.equal([[id, attempt]]);
    await agent.start(id, attempt);
    return agent;
  }

  it('is what the worker that has the job uploads, for its caller and who may view its method', async () => {
    const agent = await begin('j1');
    const { next } = await agent.upload('j1', 1, 0, text('hello'));
    expect(next).to.equal(frameHeaderBytes + 5);
    for (const caller of [callers.alice, callers.bob]) {
      const call = test.as(caller).output('j1');
      expect(await readAll(call)).to.equal('1:hello');
      expect(await call).to.deep.equal({ next, bytes: 5 });
    }
    await refusal(readAll(test.as(callers.mallory).output('j1')), 'CALLER_REFUSED');
    await refusal(readAll(test.as(callers.alice).output('none')), 'JOB_NOT_FOUND');
  });

  it('is taken from no other host, and for no other attempt', async () => {
    const agent = await begin('j1');
    await agent.upload('j1', 1, 0, text('hello'));
    await refusal(test.as(callers.web2).upload('j1', 1, 13, text('forged')), 'ATTEMPT_STALE');
    await refusal(agent.upload('j1', 2, 0, text('early')), 'ATTEMPT_STALE');
    await refusal(agent.upload('j2', 1, 0, text('nobody’s')), 'ATTEMPT_STALE');
    await refusal(test.as(callers.alice).upload('j1', 1, 13, text('forged')), 'CALLER_REFUSED');
    expect(await readAll(test.as(callers.alice).output('j1'))).to.equal('1:hello');
    await refusal(
      test
        .as(callers.alice)
        .output('j1', { attempt: 2, from: 0 })
        .then(() => agent.upload('j1', 1, 99, text('x'))),
      'OUTPUT_GAP',
    );
  });

  it('is followed through attempts until the job has ended', async () => {
    const agent = await begin('j1', 1);
    const followed = readAll(test.as(callers.alice).output('j1', { follow: true }));
    await agent.upload('j1', 1, 0, text('first try'));
    await agent.finish('j1', 1, { state: 'failed', code: 'UNAVAILABLE', reason: 'X', message: 'x' });
    await test.clock.advance(10);
    const again = await take('j1', 2);
    await again.upload('j1', 2, 0, text('second try'));
    await again.finish('j1', 2, { state: 'succeeded', result: null });
    expect(await followed).to.equal('1:first try 2:second try');
    expect(await readAll(test.as(callers.alice).output('j1'))).to.equal('2:second try');
    expect(await readAll(test.as(callers.alice).output('j1', { attempt: 1 }))).to.equal('1:first try');
  });

  it('that comes after the outcome is kept, as long as the attempt is the last', async () => {
    const agent = await begin('j1');
    await agent.finish('j1', 1, { state: 'succeeded', result: null });
    await refusal(readAll(test.as(callers.alice).output('j1')), 'OUTPUT_GONE');
    await agent.upload('j1', 1, 0, text('late'));
    expect(await readAll(test.as(callers.alice).output('j1'))).to.equal('1:late');
  });

  it('is nothing, and not gone, of a job that has not begun', async () => {
    await test.services.queue.submit(someCall('j1', { queue: 'host:web-1' }));
    expect(await test.as(callers.alice).output('j1')).to.deep.equal({ next: 0, bytes: 0 });
    const followed = test.as(callers.alice).output('j1', { follow: true });
    const ended = readAll(followed);
    await test.as(callers.alice).cancel('j1');
    expect(await ended).to.equal('');
  });

  it('has the lines with a text, of all of it', async () => {
    const agent = await begin('j1');
    await agent.upload('j1', 1, 0, text('one\ntwo\nthree\n'));
    expect(await readAll(test.as(callers.alice).output('j1', { find: 'w' }))).to.equal('1:two');
  });

  it('of a call of an object is what it yields; of one that yields nothing, nothing', async () => {
    const jobs = test.as(callers.alice);
    await jobs.submit('disks', 'check', ['sda'], { id: 'j1' });
    await test.clock.advance(0);
    await jobs.watch('j1');
    expect(await jobs.output('j1')).to.deep.equal({ next: 0, bytes: 0 });
  });
});
