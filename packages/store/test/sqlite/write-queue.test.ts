import { expect } from 'chai';

import { storeError } from '@patchbay/store';

import { WriteQueue } from '../../src/sqlite/write-queue.js';

describe('the write queue', () => {
  it('puts the writes of one turn into one transaction, in their order', async () => {
    const { queue, transactions } = recordingQueue();
    const order: number[] = [];
    await Promise.all([1, 2, 3].map((number) => queue.write(() => order.push(number))));
    expect(order).to.deep.equal([1, 2, 3]);
    expect(transactions.count).to.equal(1);
  });

  it('puts no more than 256 writes into one transaction', async () => {
    const { queue, transactions } = recordingQueue();
    await Promise.all(Array.from({ length: 600 }, (_, i) => queue.write(() => i)));
    expect(transactions.count).to.equal(3);
  });

  it('gives each caller its result once the transaction has ended', async () => {
    const events: string[] = [];
    const queue = new WriteQueue({
      inTransaction: (work) => {
        work();
        events.push('durable');
      },
      asStoreError: (error) => error,
    });
    events.push(await queue.write(() => 'result'));
    expect(events).to.deep.equal(['durable', 'result']);
  });

  it('refuses a write that throws an RpcError alone', async () => {
    const { queue } = recordingQueue();
    const refusal = storeError('LEASE_NOT_FOUND', 'no such lease');
    const results = await Promise.allSettled([
      queue.write(() => 1),
      queue.write(() => {
        throw refusal;
      }),
      queue.write(() => 3),
    ]);
    expect(results).to.deep.equal([
      { status: 'fulfilled', value: 1 },
      { status: 'rejected', reason: refusal },
      { status: 'fulfilled', value: 3 },
    ]);
  });

  it('fails every write of a transaction that fails, and goes on', async () => {
    const full = new Error('disk full');
    let fails = true;
    const queue = new WriteQueue({
      inTransaction: (work) => {
        work();
        if (fails) {
          throw full;
        }
      },
      asStoreError: (error) => error,
    });
    const results = await Promise.allSettled([queue.write(() => 1), queue.write(() => 2)]);
    expect(results.map((result) => result.status === 'rejected' && result.reason === full)).to.deep.equal([
      true,
      true,
    ]);
    fails = false;
    expect(await queue.write(() => 3)).to.equal(3);
  });
});

function recordingQueue(): { readonly queue: WriteQueue; readonly transactions: { count: number } } {
  const transactions = { count: 0 };
  const queue = new WriteQueue({
    inTransaction: (work) => {
      transactions.count += 1;
      work();
    },
    asStoreError: (error) => error,
  });
  return { queue, transactions };
}
