import { expect } from 'chai';

import type { NameRecord } from '@patchbay/objects';
import { objectName } from '@patchbay/objects/define';
import { FakeClock } from '@patchbay/objects/testing';
import { destination } from '@patchbay/session/client';

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
  return Array.from({ length: count }, () => endpoints.next()?.address);
}

describe('Endpoints', () => {
  it('have their turn one after the other', () => {
    const [first, second, third, ...again] = turns(new Endpoints(recordOf('a', 'b', 'c'), clock()), 6);
    expect([first, second, third]).to.have.members(['a', 'b', 'c']);
    expect(again).to.deep.equal([first, second, third]);
  });

  it('begin with a random one', () => {
    const firsts = Array.from(
      { length: 100 },
      () => new Endpoints(recordOf('a', 'b'), clock()).next()?.address,
    );
    expect(new Set(firsts)).to.deep.equal(new Set(['a', 'b']));
  });

  it('are skipped for 5 s when unreachable, and twice as long each time in a row', async () => {
    const time = clock();
    const endpoints = new Endpoints(recordOf('a', 'b'), time);
    for (const pauseMs of [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
      endpoints.skip(destination('a'));
      endpoints.skip(destination('a')); // another call that was in flight
      await time.advance(pauseMs - 1);
      expect(turns(endpoints, 3)).to.deep.equal(['b', 'b', 'b']);
      await time.advance(1);
      expect(turns(endpoints, 2)).to.have.members(['a', 'b']);
    }
    await time.advance(120_000);
    endpoints.skip(destination('a'));
    await time.advance(5_000);
    expect(turns(endpoints, 2)).to.have.members(['a', 'b']);
  });

  it('return none when all were unreachable, however much later, until the cooldowns are ended', async () => {
    const time = clock();
    const endpoints = new Endpoints(recordOf('a', 'b'), time);
    endpoints.skip(destination('a'));
    endpoints.skip(destination('b'));
    await time.advance(60_000);
    expect(endpoints.next()).to.equal(undefined);
    endpoints.skipNone();
    expect(turns(endpoints, 2)).to.have.members(['a', 'b']);
  });

  it('come, move and go', () => {
    const endpoints = new Endpoints(recordOf('a', 'b'), clock());
    endpoints.skip(destination('a'));
    endpoints.put({ address: 'c', serverId: 'of a', leaseId: 'l' });
    expect(turns(endpoints, 2)).to.have.members(['b', 'c']);
    endpoints.remove({ address: 'b', serverId: 'of b' });
    expect(turns(endpoints, 2)).to.deep.equal(['c', 'c']);
    endpoints.remove({ address: 'c', serverId: 'of a' });
    expect(endpoints.empty).to.be.true;
    expect(endpoints.next()).to.equal(undefined);
  });

  it('are dialled by their socket files, until one fails', async () => {
    const time = clock();
    const endpoint = { address: 'a', serverId: 's', socket: 'unix:/s' };
    const endpoints = new Endpoints({ ...recordOf(), endpoints: [endpoint] }, time);
    expect(turns(endpoints, 2)).to.deep.equal(['unix:/s', 'unix:/s']);
    expect([endpoints.serverAt(destination('a')), endpoints.serverAt(destination('unix:/s'))]).to.deep.equal([
      's',
      's',
    ]);
    endpoints.skip(destination('unix:/s'));
    endpoints.skip(destination('unix:/s')); // another call that was in flight
    expect(turns(endpoints, 2)).to.deep.equal(['a', 'a']);
    endpoints.skip(destination('a'));
    expect(endpoints.next()).to.equal(undefined);
    endpoints.put(endpoint);
    expect(endpoints.next()?.address).to.equal('unix:/s');
  });

  it('are not taken away by another host that uses the id of their server', () => {
    const server = { serverId: 's1', host: 'host:web1' };
    const endpoints = new Endpoints({ ...recordOf(), endpoints: [{ ...server, address: 'a' }] }, clock());
    const rival = { ...server, host: 'host:web2', address: 'b' };
    endpoints.put(rival);
    expect(turns(endpoints, 2)).to.have.members(['a', 'b']);
    endpoints.remove(rival);
    expect(turns(endpoints, 2)).to.deep.equal(['a', 'a']);
    endpoints.put({ ...server, address: 'moved' });
    expect(turns(endpoints, 2)).to.deep.equal(['moved', 'moved']);
  });
});
