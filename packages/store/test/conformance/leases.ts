import { eventually, refusal } from '@patchbay/objects/testing';
import { expect } from 'chai';

import type { OpenStore, StoreUnderTest } from '../store-under-test.js';

/** States what leases do. */
export function describeLeases(open: OpenStore): void {
  it('live for at least the time that was asked for', async () => {
    await using opened = await open();
    expect((await opened.store.grantLease(1500)).ttlMs).to.be.at.least(1500);
  });

  it('keep their keys for their time, and lose them soon after it', async () => {
    await using opened = await open();
    const { leaseId, ttlMs } = await opened.store.grantLease(1000);
    await opened.store.commit([], [{ put: 'a', value: '', leaseId }]);
    await opened.advance(ttlMs - 1);
    expect((await opened.store.get('a'))?.leaseId).to.equal(leaseId);
    await opened.advance(opened.store.lateMs + 1);
    expect(await opened.store.get('a')).to.be.undefined;
    expect((await opened.store.range({ prefix: '' })).entries).to.be.empty;
    expect(await opened.store.count('')).to.equal(0);
    expect(await opened.store.leaseKeys(leaseId)).to.be.empty;
  });

  it('go on as long as they are kept alive', async () => {
    await using opened = await open();
    const lease = await opened.store.grantLease(1000);
    await opened.store.commit([], [{ put: 'a', value: '', leaseId: lease.leaseId }]);
    for (let i = 0; i < 5; i += 1) {
      await opened.advance(0.9 * lease.ttlMs);
      expect(await opened.store.keepAlive(lease.leaseId)).to.deep.equal(lease);
    }
    expect(await opened.store.get('a')).to.not.be.undefined;
  });

  it('never come back once they have ended', async () => {
    await using opened = await open();
    const { leaseId } = await pass(opened);
    expect(await opened.store.keepAlive(leaseId)).to.be.undefined;
    const late = opened.store.commit([], [{ put: 'a', value: '', leaseId }]);
    expect((await refusal(late, 'LEASE_NOT_FOUND')).code).to.equal('NOT_FOUND');
    expect(await opened.store.get('a')).to.be.undefined;
  });

  it('lose their keys when they are revoked, and those alone', async () => {
    await using opened = await open();
    const { leaseId } = await opened.store.grantLease(60_000);
    const { revision } = await opened.store.commit(
      [],
      [
        { put: 'a', value: '', leaseId },
        { put: 'b', value: '', leaseId },
        { put: 'c', value: '' },
      ],
    );
    expect(await opened.store.leaseKeys(leaseId)).to.have.members(['a', 'b']);
    const revoked = await opened.store.revokeLease(leaseId);
    expect(revoked).to.be.greaterThan(revision);
    expect(await opened.store.revokeLease(leaseId)).to.be.at.least(revoked);
    expect((await opened.store.range({ prefix: '' })).entries.map(({ key }) => key)).to.deep.equal(['c']);
  });

  it('take no key once they are revoked', async () => {
    await using opened = await open();
    const { leaseId } = await opened.store.grantLease(60_000);
    await opened.store.revokeLease(leaseId);
    await refusal(opened.store.commit([], [{ put: 'a', value: '', leaseId }]), 'LEASE_NOT_FOUND');
    expect(await opened.store.get('a')).to.be.undefined;
  });

  it('leave a key alone that was put on another lease, or on none', async () => {
    await using opened = await open();
    const first = await opened.store.grantLease(60_000);
    const second = await opened.store.grantLease(60_000);
    await opened.store.commit(
      [],
      ['a', 'b'].map((key) => ({ put: key, value: '', leaseId: first.leaseId })),
    );
    await opened.store.commit(
      [],
      [
        { put: 'a', value: '', leaseId: second.leaseId },
        { put: 'b', value: '' },
      ],
    );
    await opened.store.revokeLease(first.leaseId);
    expect(await opened.store.count('')).to.equal(2);
    await opened.store.revokeLease(second.leaseId);
    expect((await opened.store.range({ prefix: '' })).entries.map(({ key }) => key)).to.deep.equal(['b']);
  });

  it('leave nothing that a condition finds', async () => {
    await using opened = await open();
    await pass(opened, 'a');
    const outcome = await opened.store.commit([{ key: 'a', modRevision: 0 }], [{ put: 'a', value: 'new' }]);
    expect(outcome.committed).to.be.true;
    expect((await opened.store.get('a'))?.createRevision).to.equal(outcome.revision);
  });

  it('may end a thousand at once', async () => {
    await using opened = await open();
    const granted = await Promise.all(Array.from({ length: 1000 }, () => opened.store.grantLease(1000)));
    await Promise.all(
      granted.map(({ leaseId }) => opened.store.commit([], [{ put: leaseId, value: '', leaseId }])),
    );
    await opened.advance((granted[0]?.ttlMs ?? 0) + opened.store.lateMs);
    await eventually(async () => (await opened.store.count('')) === 0);
  });

  for (const ttlMs of [0, -1, 1.5, NaN, Infinity]) {
    it(`are refused for ${String(ttlMs)} ms`, async () => {
      await using opened = await open();
      await refusal(opened.store.grantLease(ttlMs), 'TTL_INVALID');
    });
  }
}

/** Lets a lease pass, with a key on it where one is named. */
async function pass(opened: StoreUnderTest, key?: string): Promise<{ readonly leaseId: string }> {
  const { store } = opened;
  const lease = await store.grantLease(1000);
  if (key !== undefined) {
    await store.commit([], [{ put: key, value: 'old', leaseId: lease.leaseId }]);
  }
  await opened.advance(lease.ttlMs + store.lateMs);
  return lease;
}
