import { expect } from 'chai';

import { type NameRecord, objectName } from '@patchbay/objects';
import { FakeClock } from '@patchbay/objects/testing';

import { Endpoints } from '../src/endpoints.js';

const clock = (): FakeClock => new FakeClock();

function recordOf(...addresses: string[]): NameRecord {
  return {
    name: objectName.parse('post'),
    endpoints: addresses.map((address) => ({ address, serverId: `of ${address}`, leaseId: 'l' })),
    shared: true,
    metadata: {},
    revision: 1,
    registeredAt: '2026-01-01T00:00:00.000Z',
  };
}

function turns(endpoints: Endpoints, count: number): (string | undefined)[] {
  return Array.from({ length: count }, () => endpoints.next());
}

describe('Endpoints', () => {
  it('have their turn one after the other', () => {
    const [first, second, third, ...again] = turns(new Endpoints(recordOf('a', 'b', 'c'), clock()), 6);
    expect([first, second, third]).to.have.members(['a', 'b', 'c']);
    expect(again).to.deep.equal([first, second, third]);
  });

  it('begin with any of them', () => {
    const firsts = Array.from({ length: 100 }, () => new Endpoints(recordOf('a', 'b'), clock()).next());
    expect(new Set(firsts)).to.deep.equal(new Set(['a', 'b']));
  });

  it('are left out for 5 s when they could not be reached, and twice as long when again', async () => {
    const time = clock();
    const endpoints = new Endpoints(recordOf('a', 'b'), time);
    for (const pauseMs of [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
      endpoints.rest('a');
      endpoints.rest('a'); // another call that was under way
      await time.advance(pauseMs - 1);
      expect(turns(endpoints, 3)).to.deep.equal(['b', 'b', 'b']);
      await time.advance(1);
      expect(turns(endpoints, 2)).to.have.members(['a', 'b']);
    }
    await time.advance(120_000);
    endpoints.rest('a');
    await time.advance(5_000);
    expect(turns(endpoints, 2)).to.have.members(['a', 'b']);
  });

  it('give none when none could be reached, however much later, until they are woken', async () => {
    const time = clock();
    const endpoints = new Endpoints(recordOf('a', 'b'), time);
    endpoints.rest('a');
    endpoints.rest('b');
    await time.advance(60_000);
    expect(endpoints.next()).to.equal(undefined);
    endpoints.wake();
    expect(turns(endpoints, 2)).to.have.members(['a', 'b']);
  });

  it('come, move and go', () => {
    const endpoints = new Endpoints(recordOf('a', 'b'), clock());
    endpoints.rest('a');
    endpoints.put({ address: 'c', serverId: 'of a', leaseId: 'l' });
    expect(turns(endpoints, 2)).to.have.members(['b', 'c']);
    endpoints.remove('of b');
    expect(turns(endpoints, 2)).to.deep.equal(['c', 'c']);
    endpoints.remove('of a');
    expect(endpoints.empty).to.be.true;
    expect(endpoints.next()).to.equal(undefined);
  });
});
