import { setImmediate } from 'node:timers/promises';

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
  const expiry = new LeaseExpiry({
    clock,
    log,
    end: async (leases) => {
      const leaseIds = leases.map(({ leaseId }) => leaseId);
      ended.push(leaseIds);
      await end(leaseIds);
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
    await clock.advance(3_600_000);
    expect(ended).to.be.empty;
    expect(clock.sleepers).to.equal(1);
  });

  it('restarts the time of every lease after the process stood still, and ends what is not kept alive then', async () => {
    const { clock, log, expiry, ended } = startExpiry();
    expiry.start({ leaseId: 'short', ttlMs: 1000 });
    expiry.start({ leaseId: 'long', ttlMs: 10_000 });
    await clock.advance(400);
    await clock.standStill(14_000);
    await clock.advance(9_999);
    expect(ended).to.be.empty;
    expect(log.lines.map(({ level, fields }) => [level, fields])).to.deep.equal([
      ['warn', { ms: 13_900, leases: 2 }],
    ]);
    await clock.advance(1); // the short one has had as long as its holder may need to come back
    expect(ended).to.deep.equal([['short', 'long']]);
  });

  it('hears who keeps a lease alive before it ends one, although the time for it has passed', async () => {
    const { clock, expiry, ended } = startExpiry();
    let wake = (): void => undefined;
    clock.sleep = () => new Promise((resolve) => (wake = resolve));
    expiry.start({ leaseId: 'a', ttlMs: 1000 });
    for (const ms of [500, 800]) {
      await clock.standStill(0);
      await clock.standStill(ms);
      wake();
    }
    await setImmediate(); // in the turn in which the timer has fired, what waits in the sockets is read
    expiry.renew('a');
    await clock.standStill(0);
    expect(ended).to.be.empty;
  });

  for (const [what, wallMs] of [
    ['forward', 3_600_000],
    ['back', -3_600_000],
  ] as const) {
    it(`neither ends nor keeps a lease because the wall clock is set ${what}`, async () => {
      const { clock, expiry, ended } = startExpiry();
      expiry.start({ leaseId: 'a', ttlMs: 1000 });
      clock.setWall(clock.now() + wallMs);
      await clock.advance(999);
      expect(ended).to.be.empty;
      await clock.advance(1);
      expect(ended).to.deep.equal([['a']]);
    });
  }

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
