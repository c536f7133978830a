import { expect } from 'chai';

import { FakeClock } from '@patchbay/objects/testing';

import { RateLimit } from '../../src/boot/rate-limit.js';

const rate = { burst: 3, perSecond: 2 };
const take = (limit: RateLimit, times: number, asker = 'a'): string[] =>
  Array.from({ length: times }, () => limit.take(asker));

describe('RateLimit', () => {
  it('grants a burst, and distinguishes the first refusal from the others', () => {
    const limit = new RateLimit(new FakeClock(), rate);
    expect(take(limit, 5)).to.deep.equal(['granted', 'granted', 'granted', 'first-refusal', 'refused']);
  });

  it('grants more as time passes, and no more than a burst', async () => {
    const clock = new FakeClock();
    const limit = new RateLimit(clock, rate);
    take(limit, 4);

    await clock.advance(500);
    expect(take(limit, 2)).to.deep.equal(['granted', 'first-refusal']);
    await clock.advance(60_000);
    expect(take(limit, 4)).to.deep.equal(['granted', 'granted', 'granted', 'first-refusal']);
  });

  it('limits each client independently', () => {
    const limit = new RateLimit(new FakeClock(), rate);
    take(limit, 10);
    expect(limit.take('b')).to.equal('granted');
  });

  it('drops the least recently seen client when there are too many, so that it cannot grow', () => {
    const limit = new RateLimit(new FakeClock(), rate);
    take(limit, 4);
    for (let n = 0; n < 5000; n++) {
      limit.take(`other ${String(n)}`);
    }
    expect(limit.take('a')).to.equal('granted');
  });
});
