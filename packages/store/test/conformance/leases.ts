import { expect } from 'chai';

import { refusal } from '@patchbay/objects/testing';

import { type OpenStore } from '../store-under-test.js';

/** States what leases do. */
export function describeLeases(open: OpenStore): void {
  it('hides a key from the moment its lease has passed, before anybody sweeps', async () => {
    await using opened = await open();
    const { leaseId } = await opened.store.grantLease(1000);
    await opened.store.commit([], [{ put: 'a', value: '', leaseId }]);
    await opened.advance(999);
    expect((await opened.store.get('a'))?.leaseId).to.equal(leaseId);
    await opened.advance(1);
    expect(await opened.store.get('a')).to.be.undefined;
    expect((await opened.store.range({ prefix: '' })).entries).to.be.empty;
    expect(await opened.store.leases()).to.be.empty;
    expect(await opened.store.leaseKeys(leaseId)).to.be.empty;
  });

  it('keeps a key as long as its lease is kept alive', async () => {
    await using opened = await open();
    const lease = await opened.store.grantLease(1000);
    await opened.store.commit([], [{ put: 'a', value: '', leaseId: lease.leaseId }]);
    for (let i = 0; i < 5; i += 1) {
      await opened.advance(900);
      expect(await opened.store.keepAlive(lease.leaseId)).to.deep.equal(lease);
    }
    expect(await opened.store.get('a')).to.not.be.undefined;
    expect(await opened.store.leases()).to.deep.equal([lease]);
  });

  it('never brings a lease back that has passed', async () => {
    await using opened = await open();
    const { leaseId } = await opened.store.grantLease(1000);
    await opened.advance(1000);
    expect(await opened.store.keepAlive(leaseId)).to.be.undefined;
    const late = opened.store.commit([], [{ put: 'a', value: '', leaseId }]);
    expect((await refusal(late, 'LEASE_NOT_FOUND')).code).to.equal('NOT_FOUND');
    expect(await opened.store.revision()).to.equal(0);
  });

  it('deletes the keys of a lease that is revoked, and those alone', async () => {
    await using opened = await open();
    const { leaseId } = await opened.store.grantLease(1000);
    await opened.store.commit(
      [],
      [
        { put: 'a', value: '', leaseId },
        { put: 'b', value: '', leaseId },
        { put: 'c', value: '' },
      ],
    );
    expect(await opened.store.leaseKeys(leaseId)).to.deep.equal(['a', 'b']);
    await opened.store.revokeLease(leaseId);
    await opened.store.revokeLease(leaseId);
    const { entries, revision } = await opened.store.range({ prefix: '' });
    expect(entries.map(({ key }) => key)).to.deep.equal(['c']);
    expect(revision).to.equal(2);
  });

  it('refuses a put on a lease whose revocation was asked for before', async () => {
    await using opened = await open();
    const { leaseId } = await opened.store.grantLease(1000);
    const revoked = opened.store.revokeLease(leaseId);
    await refusal(opened.store.commit([], [{ put: 'a', value: '', leaseId }]), 'LEASE_NOT_FOUND');
    await revoked;
    expect(await opened.store.get('a')).to.be.undefined;
  });

  it('moves a key that is put on another lease, or on none', async () => {
    await using opened = await open();
    const first = await opened.store.grantLease(1000);
    const second = await opened.store.grantLease(5000);
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
    await opened.advance(1000);
    expect(await opened.store.sweep()).to.equal(1);
    expect(await opened.store.count('')).to.equal(2);
    await opened.store.revokeLease(second.leaseId);
    expect((await opened.store.range({ prefix: '' })).entries.map(({ key }) => key)).to.deep.equal(['b']);
  });

  it('takes a key whose lease has passed for absent in a condition', async () => {
    await using opened = await open();
    const { leaseId } = await opened.store.grantLease(1000);
    await opened.store.commit([], [{ put: 'a', value: 'old', leaseId }]);
    await opened.advance(1000);
    const outcome = await opened.store.commit([{ key: 'a', modRevision: 0 }], [{ put: 'a', value: 'new' }]);
    expect(outcome.committed).to.be.true;
    expect((await opened.store.get('a'))?.createRevision).to.equal(outcome.revision);
  });

  it('says how many leases a sweep ended', async () => {
    await using opened = await open();
    await opened.store.grantLease(1000);
    await opened.store.grantLease(1000);
    await opened.store.grantLease(2000);
    await opened.advance(1500);
    expect(await opened.store.sweep()).to.equal(2);
    expect(await opened.store.sweep()).to.equal(0);
    expect(await opened.store.leases()).to.have.lengthOf(1);
  });

  it('sweeps a thousand leases at once', async () => {
    await using opened = await open();
    const granted = await Promise.all(Array.from({ length: 1000 }, () => opened.store.grantLease(1000)));
    await Promise.all(
      granted.map(({ leaseId }) => opened.store.commit([], [{ put: leaseId, value: '', leaseId }])),
    );
    await opened.advance(1000);
    expect(await opened.store.sweep()).to.equal(1000);
    expect(await opened.store.count('')).to.equal(0);
  });

  for (const ttlMs of [0, -1, 1.5, NaN, Infinity]) {
    it(`refuses a lease of ${String(ttlMs)} ms`, async () => {
      await using opened = await open();
      await refusal(opened.store.grantLease(ttlMs), 'TTL_INVALID');
    });
  }
}
