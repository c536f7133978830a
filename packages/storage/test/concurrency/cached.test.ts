import { expect } from 'chai';

import { FakeClock } from '@patchbay/objects/testing';

import { Cached } from '../../src/concurrency/cached.js';

describe('Cached', () => {
  it('finds a value out once until it is old', async () => {
    const clock = new FakeClock();
    let found = 0;
    const cached = new Cached(() => Promise.resolve((found += 1)), clock, 1000);

    expect(await Promise.all([cached.get(), cached.get()])).to.deep.equal([1, 1]);
    await clock.advance(999);
    expect(await cached.get()).to.equal(1);
    await clock.advance(1);
    expect(await cached.get()).to.equal(2);
  });

  it('does not keep a failure', async () => {
    let fails = true;
    const find = (): Promise<string> =>
      fails ? Promise.reject(new Error('not now')) : Promise.resolve('it');
    const cached = new Cached(find, new FakeClock(), 1000);

    expect(await cached.get().catch(() => 'failed')).to.equal('failed');
    fails = false;
    expect(await cached.get()).to.equal('it');
  });
});
