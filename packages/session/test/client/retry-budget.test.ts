import { expect } from 'chai';

import { FakeClock } from '@patchbay/objects/testing';

import { RetryBudget } from '../../src/client/retry-budget.js';

describe('a retry budget', () => {
  let calls: number;
  let clock: FakeClock;

  beforeEach(() => {
    calls = 0;
    clock = new FakeClock();
  });

  const takenFrom = (budget: RetryBudget): number => {
    let taken = 0;
    while (taken < 10_000 && budget.take()) {
      taken++;
    }
    return taken;
  };

  it('allows at first as many retries as a session can lose calls', () => {
    expect(takenFrom(new RetryBudget(clock, () => calls))).to.equal(1024);
  });

  it('earns a retry with every ten calls', () => {
    const budget = new RetryBudget(clock, () => calls);
    takenFrom(budget);
    calls = 995;
    expect(takenFrom(budget)).to.equal(99);
    calls = 1_000;
    expect(takenFrom(budget)).to.equal(1); // the half that was left, and the half that was earned
  });

  it('earns ten retries a second', async () => {
    const budget = new RetryBudget(clock, () => calls);
    takenFrom(budget);
    await clock.advance(2_500);
    expect(takenFrom(budget)).to.equal(25);
  });

  it('saves no more than its capacity', async () => {
    const budget = new RetryBudget(clock, () => calls, { capacity: 7 });
    calls = 1_000_000;
    await clock.advance(1_000_000);
    expect(takenFrom(budget)).to.equal(7);
  });

  it('allows none if all options are zero', async () => {
    const budget = new RetryBudget(clock, () => calls, { capacity: 0, perCall: 0, perSecond: 0 });
    calls = 1_000;
    await clock.advance(1_000_000);
    expect(takenFrom(budget)).to.equal(0);
  });
});
