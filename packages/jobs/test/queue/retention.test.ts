import { expect } from 'chai';

import { silentLog } from '@patchbay/objects';

import { startRetention } from '../../src/queue/retention.js';
import { someCall, TestQueue } from '../testing.js';

const dayMs = 86_400_000;

describe('The records of jobs', () => {
  it('are deleted with their indexes 90 days after they ended, those of others never', async () => {
    await using test = await TestQueue.open();
    const { queue, clock, store } = test;
    const submitted = Array.from({ length: 45 }, (_, n) => `old${String(n)}`);
    await Promise.all(submitted.map((id) => queue.submit(someCall(id, { queue: 'host:web-1' }))));
    await queue.submit(someCall('late', { policy: { expiresMs: 300 * dayMs } }));
    await queue.submit(someCall('waiting', { policy: { expiresMs: 300 * dayMs } }));
    await Promise.all(submitted.map((id) => queue.apply(id, { type: 'cancel', by: 'user:alice' })));
    await clock.standStill(10 * dayMs);
    await queue.apply('late', { type: 'cancel', by: 'user:alice' });
    await using retention = startRetention(queue, { keepMs: 90 * dayMs, clock, log: silentLog });
    await retention.wake();
    expect(await store.count('job/')).to.equal(47);
    await clock.standStill(81 * dayMs);
    await retention.wake();
    expect(await store.count('job/')).to.equal(2);
    expect(await store.count('by-host/')).to.equal(0);
    expect(await store.count('by-state/')).to.equal(2);
    await clock.standStill(10 * dayMs);
    await retention.wake();
    const { entries } = await store.range({ prefix: 'job/' });
    expect(entries.map(({ key }) => key)).to.deep.equal(['job/waiting']);
  });
});
