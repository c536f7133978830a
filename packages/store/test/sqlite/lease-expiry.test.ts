import { FakeClock, RecordingLog } from '@patchbay/objects/testing';
import { expect } from 'chai';

import { LeaseExpiry } from '../../src/sqlite/lease-expiry.js';

interface Watched {
  readonly clock: FakeClock;
  readonly log: RecordingLog;
  readonly expiry: LeaseExpiry;
  /** The leases that were to be ended, of each time. */
  readonly ended: (readonly string[])[];
}

function startExpiry(end: (leaseIds: readonly string[]) => Promise<void> = () => Promise.resolve()): Watched {
  const clock = new FakeClock();
  const log = new RecordingLog();
  const ended: (readonly string[])[] = [];
  const expiry: LeaseExpiry = new LeaseExpiry({
    clock,
    log,
    end: async (leaseIds) => {
      ended.push(leaseIds);
      await end(leaseIds);
      leaseIds.forEach((leaseId) => {
        expiry.forget(leaseId);
      });
      return leaseIds.length;
    },
  });
  return { clock, log, expiry, ended };
}

describe('the expiry of leases', () => {
  it('ends a lease when its time has passed, not before, and logs it', async () => {
    const { clock, log, expiry, ended } = startExpiry();
    expiry.start({ leaseId: 'a', ttlMs: 1000 });
    await clock.advance(999);
    expect(ended).to.be.empty;
    await clock.advance(1);
    expect(ended).to.deep.equal([['a']]);
    expect(log.lines.map(({ message, fields }) => [message, fields])).to.deep.equal([
      ['leases ended without being kept alive', { leases: 1 }],
    ]);
  });

  it('wakes up earlier for a lease that is shorter than those before', async () => {
    const { clock, expiry, ended } = startExpiry();
    expiry.start({ leaseId: 'long', ttlMs: 60_000 });
    expiry.start({ leaseId: 'short', ttlMs: 1000 });
    await clock.advance(1000);
    expect(ended).to.deep.equal([['short']]);
    expect(clock.sleepers).to.equal(1);
  });

  it('lets a lease live that was kept alive', async () => {
    const { clock, expiry, ended } = startExpiry();
    expiry.start({ leaseId: 'a', ttlMs: 1000 });
    await clock.advance(900);
    expiry.renew('a');
    await clock.advance(999);
    expect(ended).to.be.empty;
    await clock.advance(1);
    expect(ended).to.deep.equal([['a']]);
  });

  it('ends leases together that pass within a moment of another one', async () => {
    const { clock, expiry, ended } = startExpiry();
    for (const [leaseId, ttlMs] of [
      ['a', 1000],
      ['b', 1001],
      ['c', 1099],
    ] as const) {
      expiry.start({ leaseId, ttlMs });
    }
    await clock.advance(1100);
    expect(ended).to.deep.equal([['a'], ['b', 'c']]);
  });

  it('tries again when leases could not be ended, and logs why', async () => {
    const failure = new Error('no space left');
    let tries = 0;
    const { clock, log, expiry, ended } = startExpiry(() => {
      tries += 1;
      return tries === 1 ? Promise.reject(failure) : Promise.resolve();
    });
    expiry.start({ leaseId: 'a', ttlMs: 1000 });
    await clock.advance(1000);
    expect(log.lines.map(({ level, fields }) => [level, fields.error])).to.deep.equal([['error', failure]]);
    await clock.advance(2000);
    expect(ended).to.deep.equal([['a'], ['a']]);
  });

  it('waits for a lease of any length', async () => {
    const { clock, expiry, ended } = startExpiry();
    expiry.start({ leaseId: 'a', ttlMs: 2 ** 40 });
    await clock.advance(10_000_000);
    expect(ended).to.be.empty;
    expect(clock.sleepers).to.equal(1);
  });

  it('sleeps no more once it is disposed of', async () => {
    const { clock, expiry, ended } = startExpiry();
    expiry.start({ leaseId: 'a', ttlMs: 1000 });
    expiry[Symbol.dispose]();
    expiry.start({ leaseId: 'b', ttlMs: 1000 });
    expect(clock.sleepers).to.equal(0);
    await clock.advance(10_000);
    expect(ended).to.be.empty;
  });
});
