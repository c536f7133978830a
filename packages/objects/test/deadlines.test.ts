import { expect } from 'chai';
import fc from 'fast-check';

import { Deadlines } from '../src/deadlines.js';
import { FakeClock } from '../src/testing/fake-clock.js';

describe('deadlines', () => {
  let clock: FakeClock;
  let deadlines: Deadlines;
  let expired: string[];

  beforeEach(() => {
    clock = new FakeClock();
    deadlines = new Deadlines(clock);
    expired = [];
  });

  function add(name: string, timeoutMs: number): Parameters<Deadlines['add']>[0] {
    const entry = {
      deadlineIndex: -1,
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

  it('keep the others, whichever are deleted', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(49), { maxLength: 50 }), (gone) => {
        const kept = new Deadlines<Parameters<Deadlines['add']>[0] & { readonly index: number }>(clock);
        const entries = Array.from({ length: 50 }, (_, index) => ({
          index,
          deadlineIndex: -1,
          expiresAtMs: 60_000,
          expire: () => undefined,
        }));
        entries.forEach((entry) => {
          kept.add(entry);
        });
        for (const index of [...gone, ...gone]) {
          kept.delete(entries[index]!);
        }
        const left = [...kept].map(({ index }) => index);
        expect(left).to.have.members(
          entries.map(({ index }) => index).filter((index) => !gone.includes(index)),
        );
        kept.close();
      }),
    );
  });

  it('keep one sleeper for many', () => {
    for (let index = 0; index < 1_000; index++) {
      add('many', 60_000);
    }
    expect(clock.sleepers).to.equal(1);
  });

  it('handle entries that are added while others expire', async () => {
    deadlines.add({
      deadlineIndex: -1,
      expiresAtMs: deadlines.expiryOf(10),
      expire: () => add('next', 10),
    });
    await clock.advance(20);
    expect(expired).to.deep.equal(['next']);
  });

  it('never expire what has no limit, and need no sleeper for it', async () => {
    deadlines.add({ deadlineIndex: -1, expiresAtMs: Infinity, expire: () => expired.push('never') });
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

  it('delete all entries when closed', async () => {
    add('closed', 10);
    deadlines.close();
    expect(clock.sleepers).to.equal(0);
    await clock.advance(100);
    expect(expired).to.deep.equal([]);
  });
});
