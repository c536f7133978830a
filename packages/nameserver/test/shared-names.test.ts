import { expect } from 'chai';
import fc from 'fast-check';

import type { NameClaim, NameEvent } from '@patchbay/objects';
import { eventually, refusal } from '@patchbay/objects/testing';

import { OpenedRegistry } from './opened-registry.js';

/** Registers one name for a server, and gives the lease's id. */
async function claim(opened: OpenedRegistry, serverId: string, how: NameClaim): Promise<string> {
  return (await opened.registry.register(serverId, `${serverId}.example:1`, [how])).leaseId;
}

async function servers(opened: OpenedRegistry, name: string): Promise<readonly string[]> {
  return (await opened.registry.lookup(name)).endpoints.map(({ serverId }) => serverId);
}

const shared: NameClaim = { name: 'post', shared: true };

describe('a shared name', () => {
  it('has an endpoint for each of its servers, each on a lease of its own', async () => {
    await using opened = await OpenedRegistry.open();
    const leases = [await claim(opened, 's2', shared), await claim(opened, 's1', shared)];
    const record = await opened.registry.lookup('post');
    expect(record).to.deep.equal({
      name: 'post',
      endpoints: [
        { address: 's1.example:1', serverId: 's1', host: 'local', leaseId: leases[1] },
        { address: 's2.example:1', serverId: 's2', host: 'local', leaseId: leases[0] },
      ],
      shared: true,
      metadata: {},
      revision: 3,
      registeredAt: '2026-01-01T00:00:00.000Z',
    });
    expect((await opened.registry.list()).names).to.deep.equal([record]);
  });

  it('loses the endpoint whose lease ends, and is gone with the last', async () => {
    await using opened = await OpenedRegistry.open();
    const first = await claim(opened, 's1', shared);
    await opened.clock.advance(5_000);
    await claim(opened, 's2', shared);
    await opened.clock.advance(5_000);
    expect(await servers(opened, 'post')).to.deep.equal(['s2']);
    await refusal(opened.registry.keepAlive(first), 'LEASE_NOT_FOUND');
    await opened.clock.advance(5_000);
    await refusal(opened.registry.lookup('post'), 'OBJECT_NOT_FOUND');
    await claim(opened, 's3', { name: 'post' });
  });

  it('gives a server that comes back its own endpoint at once', async () => {
    await using opened = await OpenedRegistry.open();
    const former = await claim(opened, 's1', shared);
    await claim(opened, 's2', shared);
    await opened.registry.register('s1', 'moved.example:1', [shared]);
    const { endpoints } = await opened.registry.lookup('post');
    expect(endpoints.map(({ address }) => address)).to.deep.equal(['moved.example:1', 's2.example:1']);
    await refusal(opened.registry.keepAlive(former), 'LEASE_NOT_FOUND');
  });

  it('is refused to a server that wants it alone, naming one that has it', async () => {
    await using opened = await OpenedRegistry.open();
    await claim(opened, 's1', shared);
    const error = await refusal(claim(opened, 's2', { name: 'post' }), 'NAME_TAKEN');
    expect(error.message).to.match(
      /^the name "post" is shared, .*"s1" at s1\.example:1; claim it as shared too/,
    );
    expect(error.details).to.deep.equal({
      name: 'post',
      address: 's1.example:1',
      serverId: 's1',
      host: 'local',
    });
  });

  it('cannot be made of one that a server has alone', async () => {
    await using opened = await OpenedRegistry.open();
    await claim(opened, 's1', { name: 'post' });
    const error = await refusal(claim(opened, 's2', shared), 'NAME_TAKEN');
    expect(error.message).to.include('belongs to server "s1" at s1.example:1, which does not share it');
    expect((await opened.registry.lookup('post')).shared).to.be.undefined;
  });

  it('may be shared or not as its only server changes its mind', async () => {
    await using opened = await OpenedRegistry.open();
    for (const isShared of [false, true, false]) {
      await claim(opened, 's1', { name: 'post', shared: isShared });
      const record = await opened.registry.lookup('post');
      expect(record.shared ?? false).to.equal(isShared);
      expect(record.endpoints).to.have.length(1);
      expect((await opened.registry.info()).leases).to.equal(1);
    }
  });

  it('goes to those who share it or to one alone, when both claim it at once', async () => {
    await using opened = await OpenedRegistry.open();
    const claims = await Promise.allSettled([
      claim(opened, 's1', { name: 'post' }),
      claim(opened, 's2', shared),
      claim(opened, 's3', shared),
    ]);
    const winners = claims.flatMap(({ status }, index) =>
      status === 'fulfilled' ? `s${String(index + 1)}` : [],
    );
    expect(winners.join()).to.be.oneOf(['s1', 's2,s3']);
    expect(await servers(opened, 'post')).to.deep.equal(winners);
  });

  it('has the words that its servers say of it together', async () => {
    await using opened = await OpenedRegistry.open();
    await claim(opened, 's2', { ...shared, metadata: { rack: '7', b: '' } });
    await opened.clock.advance(1);
    await claim(opened, 's1', { ...shared, metadata: { rack: '8', a: '' } });
    expect((await opened.registry.lookup('post')).metadata).to.deep.equal({ rack: '8', b: '', a: '' });
    const changed = await opened.registry.setMetadata('post', { rack: null, note: 'x' });
    expect(changed.metadata).to.deep.equal({ b: '', a: '', note: 'x' });
    expect(await opened.registry.lookup('post')).to.deep.equal(changed);
  });

  it('is removed from all of its servers', async () => {
    await using opened = await OpenedRegistry.open();
    const lease = await claim(opened, 's1', shared);
    await claim(opened, 's2', shared);
    expect(await opened.registry.remove('post')).to.be.true;
    expect(await opened.registry.remove('post')).to.be.false;
    expect((await opened.registry.keepAlive(lease)).lost).to.deep.equal(['post']);
  });

  it('counts as one in pages, and comes before longer names', async () => {
    await using opened = await OpenedRegistry.open();
    await opened.register('s0', 'post-box', 'post/office', 'poste', 'post.a', 'pos');
    const ids = Array.from({ length: 12 }, (_, index) => `server!${String(index)}`);
    for (const id of ids) {
      await opened.registry.register(id, 'a:1', [shared]);
    }
    for (const options of [{}, { regex: '.*' }]) {
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = await opened.registry.list({ ...options, after, limit: 2 });
        seen.push(...page.names.map(({ name, endpoints }) => `${name} ${String(endpoints.length)}`));
        after = page.next;
      } while (after !== undefined);
      expect(seen).to.deep.equal(['pos 1', 'post 12', 'post-box 1', 'post.a 1', 'post/office 1', 'poste 1']);
    }
    expect(await opened.names('post!')).to.be.empty;
  });

  it('has events of each of its endpoints', async () => {
    await using opened = await OpenedRegistry.open();
    const stop = new AbortController();
    const events: NameEvent[] = [];
    const watching = (async () => {
      for await (const event of opened.registry.watch({
        prefix: 'post',
        fromRevision: 0,
        signal: stop.signal,
      })) {
        events.push(event);
      }
    })();
    const lease = await claim(opened, 's1', shared);
    await claim(opened, 's2', shared);
    await opened.registry.register('s2', 'moved.example:1', [shared]);
    await opened.registry.unregister(lease);
    await eventually(() => events.length === 4);
    stop.abort();
    await watching;
    const lines = events.map(
      ({ type, record }) => `${type} ${record.name} ${record.endpoints.map(({ address }) => address).join()}`,
    );
    expect(lines).to.deep.equal([
      'registered post s1.example:1',
      'registered post s2.example:1',
      'changed post moved.example:1',
      'removed post s1.example:1',
    ]);
    expect(events.every(({ record }) => record.shared)).to.be.true;
  });
}).timeout(60_000);

describe('replacing', () => {
  it('takes a name from its owner, who learns of it and keeps its other names', async () => {
    await using opened = await OpenedRegistry.open();
    const lease = await opened.register('s1', 'a', 'post');
    expect(await opened.registry.keepAlive(lease)).to.not.have.property('lost');
    await claim(opened, 's2', { name: 'post', replace: true });
    expect(await servers(opened, 'post')).to.deep.equal(['s2']);
    expect(await servers(opened, 'a')).to.deep.equal(['s1']);
    expect((await opened.registry.keepAlive(lease)).lost).to.deep.equal(['post']);
    await opened.registry.unregister(lease);
    expect(await opened.names()).to.deep.equal(['post']);
  });

  it('leaves an owner who loses its only name the lease that tells it so', async () => {
    await using opened = await OpenedRegistry.open();
    const lease = await opened.register('s1', 'post');
    await claim(opened, 's2', { name: 'post', replace: true });
    expect((await opened.registry.keepAlive(lease)).lost).to.deep.equal(['post']);
    await opened.clock.advance(10_000);
    expect((await opened.registry.info()).leases).to.equal(0);
  });

  it('takes a free name like any other claim', async () => {
    await using opened = await OpenedRegistry.open();
    await claim(opened, 's1', { name: 'post', replace: true });
    expect(await servers(opened, 'post')).to.deep.equal(['s1']);
  });

  it('takes a name from all who share it, and a shared claim takes it from one alone', async () => {
    await using opened = await OpenedRegistry.open();
    const leases = [await claim(opened, 's1', shared), await claim(opened, 's2', shared)];
    const alone = await claim(opened, 's3', { name: 'post', replace: true });
    expect(await servers(opened, 'post')).to.deep.equal(['s3']);
    for (const lease of leases) {
      expect((await opened.registry.keepAlive(lease)).lost).to.deep.equal(['post']);
    }
    await claim(opened, 's4', { ...shared, replace: true });
    await claim(opened, 's5', { ...shared, replace: true });
    expect(await servers(opened, 'post')).to.deep.equal(['s4', 's5']);
    expect((await opened.registry.keepAlive(alone)).lost).to.deep.equal(['post']);
  });
}).timeout(60_000);

describe('claims of any kind', () => {
  it('leave a name with one server alone, or with those that share it', async () => {
    const step = fc.record({
      server: fc.constantFrom('s1', 's2', 's3'),
      shared: fc.boolean(),
      replace: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, fc.constant(true)),
      leaves: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        await using opened = await OpenedRegistry.open();
        let model = { shared: false, servers: [] as string[] };
        const leases = new Map<string, string>();
        for (const { server, leaves, ...how } of steps) {
          if (leaves) {
            await opened.registry.unregister(leases.get(server) ?? 'none');
            model.servers = model.servers.filter((each) => each !== server);
          } else {
            const others = model.servers.filter((each) => each !== server);
            const joins = how.shared && model.shared;
            const may = others.length === 0 || joins || how.replace;
            const claiming = claim(opened, server, { name: 'post', ...how });
            if (may) {
              leases.set(server, await claiming);
              model = { shared: how.shared, servers: joins ? [...others, server].sort() : [server] };
            } else {
              await refusal(claiming, 'NAME_TAKEN');
            }
          }
          const { names } = await opened.registry.list();
          const [record] = names;
          expect(record?.endpoints.map(({ serverId }) => serverId) ?? []).to.deep.equal(model.servers);
          expect(record?.shared ?? false).to.equal(model.servers.length > 0 && model.shared);
        }
      }),
      { numRuns: 60 },
    );
  });
}).timeout(120_000);
