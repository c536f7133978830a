import type { NameClaim } from '@patchbay/objects';
import { refusal } from '@patchbay/objects/testing';
import type { Store } from '@patchbay/store';
import { expect } from 'chai';

import { claims, OpenedRegistry } from './opened-registry.js';

/** Records how many operations each commit of a store has from now on. */
function commitSizes(store: Store): readonly number[] {
  const sizes: number[] = [];
  const commit = store.commit.bind(store);
  store.commit = (conditions, operations) => {
    sizes.push(operations.length);
    return commit(conditions, operations);
  };
  return sizes;
}

describe('registering', () => {
  it('makes a name known with its address, server, lease and metadata', async () => {
    await using opened = await OpenedRegistry.open();
    const lease = await opened.registry.register('s1', '127.0.0.1:7441', [
      { name: 'storage', metadata: { rack: '7' } },
    ]);
    expect(lease).to.deep.equal({ leaseId: lease.leaseId, ttlMs: 10_000, revision: 2 });
    expect(await opened.registry.lookup('storage')).to.deep.equal({
      name: 'storage',
      endpoints: [{ address: '127.0.0.1:7441', serverId: 's1', host: 'local', leaseId: lease.leaseId }],
      metadata: { rack: '7' },
      revision: 2,
      registeredAt: '2026-01-01T00:00:00.000Z',
    });
  });

  it('refuses a name that another live server holds, and says which', async () => {
    await using opened = await OpenedRegistry.open();
    await opened.register('s1', 'storage');
    const error = await refusal(opened.register('s2', 'storage'), 'NAME_TAKEN');
    expect(error.code).to.equal('ALREADY_EXISTS');
    expect(error.message).to.include('storage').and.include('s1').and.include('s1.example:7441');
    expect(error.details).to.deep.equal({
      name: 'storage',
      address: 's1.example:7441',
      serverId: 's1',
      host: 'local',
    });
    expect((await opened.registry.lookup('storage')).endpoints[0]?.serverId).to.equal('s1');
  });

  it('takes all of the names or none', async () => {
    await using opened = await OpenedRegistry.open();
    await opened.register('s1', 'b');
    await refusal(opened.register('s2', 'a', 'b', 'c'), 'NAME_TAKEN');
    expect(await opened.names()).to.deep.equal(['b']);
    expect((await opened.registry.info()).leases).to.equal(1);
  });

  it('lets one of two servers that want a name at once have it', async () => {
    await using opened = await OpenedRegistry.open();
    const results = await Promise.allSettled([
      opened.register('s1', 'a', 'storage'),
      opened.register('s2', 'storage', 'b'),
    ]);
    expect(results.map(({ status }) => status)).to.have.members(['fulfilled', 'rejected']);
    const refused = results.find((result) => result.status === 'rejected');
    await refusal(Promise.reject(refused?.reason as Error), 'NAME_TAKEN');
    expect(await opened.names()).to.have.lengthOf(2);
  });

  it('gives a name to another server once the lease has passed', async () => {
    await using opened = await OpenedRegistry.open();
    await opened.register('s1', 'storage');
    await opened.clock.advance(10_000);
    await opened.register('s2', 'storage');
    expect((await opened.registry.lookup('storage')).endpoints[0]?.serverId).to.equal('s2');
  });

  it('gives a server that comes back its names at once, and ends its former lease', async () => {
    await using opened = await OpenedRegistry.open();
    const former = await opened.register('s1', 'a', 'b');
    const { leaseId } = await opened.registry.register('s1', 'moved.example:1', claims('a', 'b'));
    expect((await opened.registry.lookup('a')).endpoints).to.deep.equal([
      { address: 'moved.example:1', serverId: 's1', host: 'local', leaseId },
    ]);
    await refusal(opened.registry.keepAlive(former), 'LEASE_NOT_FOUND');
    expect(await opened.names()).to.deep.equal(['a', 'b']);
  });

  it('leaves a former lease the names that were not claimed again', async () => {
    await using opened = await OpenedRegistry.open();
    const former = await opened.register('s1', 'a', 'b');
    const current = await opened.register('s1', 'b');
    await opened.registry.keepAlive(former);
    await opened.registry.unregister(former);
    expect(await opened.names()).to.deep.equal(['b']);
    expect((await opened.registry.lookup('b')).endpoints[0]?.leaseId).to.equal(current);
  });

  it('gives a returning server its names even when two of its registrations meet', async () => {
    await using opened = await OpenedRegistry.open();
    await Promise.all([opened.register('s1', 'a', 'b'), opened.register('s1', 'b', 'a')]);
    expect(await opened.names()).to.deep.equal(['a', 'b']);
    const [a, b] = await Promise.all([opened.registry.lookup('a'), opened.registry.lookup('b')]);
    expect(a.endpoints[0]?.leaseId).to.equal(b.endpoints[0]?.leaseId);
    expect((await opened.registry.info()).leases).to.equal(1);
  });

  it('keeps the name server’s own name', async () => {
    await using opened = await OpenedRegistry.open();
    await refusal(opened.register('s1', 'nameserver'), 'NAME_RESERVED');
  });

  it('refuses the same name twice', async () => {
    await using opened = await OpenedRegistry.open();
    await refusal(opened.register('s1', 'a', 'a'), 'NAME_REPEATED');
  });

  it('takes 100 names at once, and refuses more', async () => {
    await using opened = await OpenedRegistry.open();
    const names = Array.from({ length: 101 }, (_, index) => `n${String(index)}`);
    await opened.register('s1', ...names.slice(1));
    const error = await refusal(opened.register('s1', ...names), 'CLAIMS_EXHAUSTED');
    expect(error.details).to.deep.equal({ claims: 101, maxClaims: 100 });
    expect(await opened.names()).to.have.lengthOf(100);
  });

  for (const [what, before, after] of [
    ['takes 100 names from another server', { shared: false }, { shared: false }],
    ['takes 100 names from another server to share them', { shared: false }, { shared: true }],
    ['takes 100 shared names for itself', { shared: true }, { shared: false }],
  ] as const) {
    it(`${what}, in commits of at most 100 writes`, async () => {
      await using opened = await OpenedRegistry.open();
      const all = claims(...Array.from({ length: 100 }, (_, index) => `n${String(index)}`));
      const claimed = (how: Partial<NameClaim>): NameClaim[] => all.map((claim) => ({ ...claim, ...how }));
      const { leaseId } = await opened.registry.register('s1', 'a:1', claimed(before));
      const sizes = commitSizes(opened.store);
      await opened.registry.register('s2', 'b:1', claimed({ ...after, replace: true }));
      expect(Math.max(...sizes)).to.be.at.most(100);
      expect((await opened.registry.keepAlive(leaseId)).lost).to.have.lengthOf(100);
      const { names } = await opened.registry.list({ limit: 1000 });
      expect(names.flatMap(({ endpoints }) => endpoints.map(({ serverId }) => serverId))).to.deep.equal(
        all.map(() => 's2'),
      );
    });
  }

  it('shares 100 names that the server had alone, in commits of at most 100 writes', async () => {
    await using opened = await OpenedRegistry.open();
    const all = claims(...Array.from({ length: 100 }, (_, index) => `n${String(index)}`));
    await opened.registry.register('s1', 'a:1', all);
    const sizes = commitSizes(opened.store);
    await opened.registry.register(
      's1',
      'a:1',
      all.map((claim) => ({ ...claim, shared: true })),
    );
    expect(Math.max(...sizes)).to.be.at.most(100);
    expect((await opened.registry.list()).names.every(({ shared }) => shared === true)).to.be.true;
    expect((await opened.registry.info()).leases).to.equal(1);
  });

  it('removes and changes a name of 150 servers, in commits of at most 100 writes', async () => {
    await using opened = await OpenedRegistry.open();
    for (let index = 0; index < 150; index += 1) {
      await opened.registry.register(`s${String(index)}`, 'a:1', [{ name: 'pool', shared: true }]);
    }
    const sizes = commitSizes(opened.store);
    const { endpoints, metadata } = await opened.registry.setMetadata('pool', { rack: '7' });
    expect([endpoints.length, metadata]).to.deep.equal([150, { rack: '7' }]);
    expect(await opened.registry.remove('pool')).to.be.true;
    expect(await opened.names()).to.be.empty;
    expect(Math.max(...sizes)).to.be.at.most(100);
  });

  it('takes no name at all for a server that has none', async () => {
    await using opened = await OpenedRegistry.open();
    const { leaseId, revision } = await opened.registry.register('s1', 'a:1', []);
    expect(revision).to.equal(1);
    expect((await opened.registry.keepAlive(leaseId)).ttlMs).to.equal(10_000);
  });

  it('refuses an address that nobody can dial', async () => {
    await using opened = await OpenedRegistry.open();
    await refusal(opened.registry.register('s1', '0.0.0.0:7441', claims('a')), 'ADDRESS_INVALID');
  });

  for (const serverId of ['', ' ', 'a b', 'é', 'x'.repeat(65), 'a\0']) {
    it(`refuses the server id ${JSON.stringify(serverId)}`, async () => {
      await using opened = await OpenedRegistry.open();
      await refusal(opened.registry.register(serverId, 'a:1', claims('a')), 'SERVER_ID_INVALID');
    });
  }

  for (const ttlMs of [999, 3_600_001, 1000.5, NaN]) {
    it(`refuses a lease of ${String(ttlMs)} ms`, async () => {
      await using opened = await OpenedRegistry.open();
      await refusal(opened.registry.register('s1', 'a:1', claims('a'), { ttlMs }), 'TTL_OUT_OF_RANGE');
    });
  }

  for (const ttlMs of [1000, 3_600_000]) {
    it(`forgets names ${String(ttlMs)} ms after the last sign of life where that was asked for`, async () => {
      await using opened = await OpenedRegistry.open();
      await opened.registry.register('s1', 'a:1', claims('a'), { ttlMs });
      await opened.clock.advance(ttlMs - 1);
      expect(await opened.names()).to.deep.equal(['a']);
      await opened.clock.advance(1);
      expect(await opened.names()).to.be.empty;
    });
  }

  for (const name of ['', '.hidden', 'a b', '../x', 'a\n', 'x'.repeat(300), 'a..b', '%']) {
    it(`refuses the name ${JSON.stringify(name.slice(0, 10))}`, async () => {
      await using opened = await OpenedRegistry.open();
      await refusal(opened.registry.register('s1', 'a:1', [{ name }]), 'NAME_INVALID');
      await refusal(opened.registry.lookup(name), 'NAME_INVALID');
      await refusal(opened.registry.remove(name), 'NAME_INVALID');
      expect((await opened.registry.info()).revision).to.equal(1);
    });
  }
}).timeout(60_000);

describe('a lease', () => {
  it('keeps its names as long as it is kept alive', async () => {
    await using opened = await OpenedRegistry.open();
    const leaseId = await opened.register('s1', 'a');
    for (let i = 0; i < 5; i += 1) {
      await opened.clock.advance(9000);
      expect(await opened.registry.keepAlive(leaseId)).to.deep.equal({ leaseId, ttlMs: 10_000, revision: 2 });
    }
    expect(await opened.names()).to.deep.equal(['a']);
  });

  it('cannot be kept alive when it has passed', async () => {
    await using opened = await OpenedRegistry.open();
    const leaseId = await opened.register('s1', 'a');
    await opened.clock.advance(10_000);
    const error = await refusal(opened.registry.keepAlive(leaseId), 'LEASE_NOT_FOUND');
    expect(error.code).to.equal('NOT_FOUND');
  });

  it('takes its names along when it is ended, and may be ended twice', async () => {
    await using opened = await OpenedRegistry.open();
    const leaseId = await opened.register('s1', 'a', 'b');
    await opened.register('s2', 'c');
    await opened.registry.unregister(leaseId);
    await opened.registry.unregister(leaseId);
    expect(await opened.names()).to.deep.equal(['c']);
  });

  it('has its whole time anew, and its names, when the name server comes back', async () => {
    await using opened = await OpenedRegistry.open();
    const leaseId = await opened.register('s1', 'a');
    const before = await opened.registry.lookup('a');
    await opened.clock.advance(9999);
    await opened.restart();
    await opened.clock.advance(9999);
    expect(await opened.registry.lookup('a')).to.deep.equal(before);
    expect((await opened.registry.keepAlive(leaseId)).ttlMs).to.equal(10_000);
    await opened.clock.advance(10_000);
    expect(await opened.names()).to.be.empty;
  });
}).timeout(60_000);
