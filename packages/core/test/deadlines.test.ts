import { expect } from 'chai';

import { Deadlines } from '../src/index.js';
import { FakeClock } from '../src/testing/index.js';

describe('deadlines', () => {
  let clock: FakeClock;
  let deadlines: Deadlines;
  let expired: string[];

  beforeEach(() => {
    clock = new FakeClock();
    deadlines = new Deadlines(clock);
    expired = [];
  });

  function add(name: string, timeoutMs: number): { readonly expiresAtMs: number; expire(): void } {
    const entry = {
      expiresAtMs: deadlines.expiryOf(timeoutMs),
      expire: () => {
        expired.push(name);
      },
    };
    deadlines.add(entry);
    return entry;
  }

  it('expire each in its time, whatever the order in which they came', async () => {
    add('late', 300);
    add('early', 100);
    add('middle', 200);
    await clock.advance(100);
    expect(expired).to.deep.equal(['early']);
    await clock.advance(199);
    expect(expired).to.deep.equal(['early', 'middle']);
    await clock.advance(1);
    expect(expired).to.deep.equal(['early', 'middle', 'late']);
  });

  it('do not expire what was deleted', async () => {
    deadlines.delete(add('gone', 100));
    add('there', 100);
    await clock.advance(1_000);
    expect(expired).to.deep.equal(['there']);
  });

  it('keep one sleeper for many', () => {
    for (let index = 0; index < 1_000; index++) {
      add('many', 60_000);
    }
    expect(clock.sleepers).to.equal(1);
  });

  it('see to what is added while something expires', async () => {
    deadlines.add({
      expiresAtMs: deadlines.expiryOf(10),
      expire: () => add('next', 10),
    });
    await clock.advance(20);
    expect(expired).to.deep.equal(['next']);
  });

  it('never expire what has no limit, and need no sleeper for it', async () => {
    deadlines.add({ expiresAtMs: Infinity, expire: () => expired.push('never') });
    expect(clock.sleepers).to.equal(0);
    await clock.advance(1e12);
    expect(expired).to.deep.equal([]);
  });

  it('wait for a time that no timer can hold', async () => {
    add('in 100 days', 100 * 24 * 3_600_000);
    await clock.advance(99 * 24 * 3_600_000);
    expect(expired).to.deep.equal([]);
    await clock.advance(24 * 3_600_000);
    expect(expired).to.deep.equal(['in 100 days']);
  });

  it('forget everything when they are closed', async () => {
    add('closed', 10);
    deadlines.close();
    expect(clock.sleepers).to.equal(0);
    await clock.advance(100);
    expect(expired).to.deep.equal([]);
  });
});
