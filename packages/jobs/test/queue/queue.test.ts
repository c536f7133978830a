import { expect } from 'chai';

import { refusal } from '@patchbay/objects/testing';

import { someCall, TestQueue } from '../testing.js';

describe('The queue', () => {
  it('keeps a call once, however often it is submitted under its id', async () => {
    await using test = await TestQueue.open();
    const first = await test.queue.submit(someCall('j1'));
    await test.clock.advance(1_000);
    expect(await test.queue.submit(someCall('j1'))).to.deep.equal(first);
    expect(test.queue.live.size).to.equal(1);
  });

  it('refuses the id of another call with JOB_EXISTS', async () => {
    await using test = await TestQueue.open();
    await test.queue.submit(someCall('j1'));
    for (const other of [{ args: ['sdb'] }, { method: 'format' }, { caller: 'user:bob' }]) {
      await refusal(test.queue.submit(someCall('j1', other)), 'JOB_EXISTS');
    }
  });

  it('claims by priority, the first submitted first', async () => {
    await using test = await TestQueue.open();
    for (const [id, priority] of [
      ['low', 9],
      ['b', 5],
      ['a', 5],
      ['high', 0],
    ] as const) {
      await test.queue.submit(someCall(id, { policy: { priority } }));
    }
    const claimed = await test.queue.claim('object:jobs', 'object:disks', 3);
    expect(claimed.map(({ id }) => id)).to.deep.equal(['high', 'b', 'a']);
  });

  it('claims the jobs of a turn in one commit', async () => {
    await using test = await TestQueue.open();
    await Promise.all(Array.from({ length: 10 }, (_, n) => test.queue.submit(someCall(`j${String(n)}`))));
    const before = await test.store.revision();
    expect(await test.queue.claim('object:jobs', 'object:disks', 10)).to.have.lengthOf(10);
    expect(await test.store.revision()).to.equal(before + 1);
  });

  it('gives no job to two workers that ask at the same time', async () => {
    await using test = await TestQueue.open();
    await Promise.all(Array.from({ length: 5 }, (_, n) => test.queue.submit(someCall(`j${String(n)}`))));
    const claims = ['w1', 'w2', 'w3'].map((worker) => test.queue.claim(worker, 'object:disks', 3));
    const ids = (await Promise.all(claims)).flat().map(({ id }) => id);
    expect(ids.toSorted()).to.deep.equal(['j0', 'j1', 'j2', 'j3', 'j4']);
  });

  it('takes no more jobs than a queue may hold, also when they come at once', async () => {
    await using test = await TestQueue.open({ perQueue: 3, total: 10 });
    const tries = Array.from({ length: 5 }, (_, n) => test.queue.submit(someCall(`j${String(n)}`)));
    const settled = await Promise.allSettled(tries);
    expect(settled.filter(({ status }) => status === 'fulfilled')).to.have.lengthOf(3);
    await refusal(test.queue.submit(someCall('one-more')), 'QUEUE_FULL');
    await test.queue.apply('j0', { type: 'cancel', by: 'user:alice' });
    await test.queue.submit(someCall('one-more'));
    expect(test.queue.live.size).to.equal(3);
  });

  it('takes no more arguments than fit into memory, also when they come at once', async () => {
    await using test = await TestQueue.open({ bytes: 100 });
    const call = (id: string): ReturnType<typeof someCall> => someCall(id, { args: ['x'.repeat(36)] }); // 40 as JSON
    const settled = await Promise.allSettled(['j0', 'j1', 'j2'].map((id) => test.queue.submit(call(id))));
    expect(settled.map(({ status }) => status)).to.deep.equal(['fulfilled', 'fulfilled', 'rejected']);
    await refusal(test.queue.submit(call('j3')), 'QUEUE_FULL');
    await test.queue.submit(someCall('small'));
    await test.restart();
    await refusal(test.queue.submit(call('j3')), 'QUEUE_FULL');
    await test.queue.apply('j0', { type: 'cancel', by: 'user:alice' });
    await test.queue.submit(call('j3'));
    expect(test.queue.live.argumentBytes).to.equal(2 * 40 + '["sda"]'.length);
  });

  it('knows after a restart what it knew before', async () => {
    await using test = await TestQueue.open();
    await test.queue.submit(someCall('claimed'));
    await test.queue.claim('object:jobs', 'object:disks', 1);
    await test.queue.submit(someCall('queued'));
    await test.queue.submit(someCall('late', { policy: { notBeforeMs: test.clock.now() + 1_000 } }));
    await test.queue.submit(someCall('over'));
    await test.queue.apply('over', { type: 'cancel', by: 'user:alice' });
    const before = [...test.queue.live.all()];
    await test.restart();
    expect([...test.queue.live.all()]).to.have.deep.members(before);
    expect(test.queue.live.ready('object:disks', 10)).to.deep.equal(['queued']);
    expect((await test.queue.find('over')).state).to.equal('cancelled');
  });

  it('writes in the commit of a change what belongs to it, or nothing', async () => {
    await using test = await TestQueue.open();
    test.queue.writeAlongside((job) => [{ put: `cell/${job.id}`, value: job.state }]);
    await test.queue.submit(someCall('j1'), [{ put: 'run/r1', value: 'r1' }]);
    expect((await test.store.get('cell/j1'))?.value).to.equal('queued');
    expect(await test.store.get('run/r1')).to.not.equal(undefined);
    await refusal(test.queue.submit(someCall('j1', { args: [] }), [{ put: 'run/r2', value: '' }]));
    expect(await test.store.get('run/r2')).to.equal(undefined);
  });

  it('tells listeners of each change once it is durable', async () => {
    await using test = await TestQueue.open();
    const seen: string[] = [];
    const stop = test.queue.onChange((job, before) => seen.push(`${before?.state ?? ''}>${job.state}`));
    await test.queue.submit(someCall('j1'));
    await test.queue.apply('j1', { type: 'cancel', by: 'user:alice' });
    stop();
    await test.queue.apply('j1', { type: 'retry', by: 'user:bob' });
    expect(seen).to.deep.equal(['>queued', 'queued>cancelled']);
  });
});
