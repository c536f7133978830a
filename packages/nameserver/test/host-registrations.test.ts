import { type Caller, localCaller, type NameClaim } from '@patchbay/objects';
import { refusal } from '@patchbay/objects/testing';
import type { CallersNames } from '@patchbay/nameserver';
import { expect } from 'chai';

import { caller } from './callers.js';
import { claims, OpenedRegistry } from './opened-registry.js';

const forHost = (name: string): Caller => ({ ...caller(`host:${name}`), delegate: 'local' });

describe('A registration by the socket file on behalf of a host', () => {
  let opened: OpenedRegistry;
  /** The machine's own, on behalf of web1. */
  let web1: CallersNames;
  let local: CallersNames;

  beforeEach(async () => {
    opened = await OpenedRegistry.open(undefined, () => ['storage']);
    web1 = opened.for(forHost('web1'));
    local = opened.for(localCaller('in-memory'));
  });
  afterEach(() => opened[Symbol.asyncDispose]());

  it("is the host's own, with any name that local may take", async () => {
    const { leaseId } = await web1.register('s1', 'a:1', claims('storage', 'jobs', 'calls', 'host.web2'));
    const [endpoint] = (await local.lookup('jobs')).endpoints;
    expect(endpoint).to.deep.equal({ address: 'a:1', serverId: 's1', host: 'host:web1', local: true });
    expect(await web1.keepAlive(leaseId)).to.not.have.property('lost');
    await web1.unregister(leaseId);
    expect(await opened.names()).to.deep.equal([]);
    await refusal(web1.register('s1', 'a:1', claims('nameserver')), 'NAME_RESERVED');
  });

  it('is the same host as over TLS, which renews the lease and keeps the name', async () => {
    const { leaseId } = await web1.register('s1', 'a:1', claims('storage'));
    const overTls = opened.for(caller('host:web1'));
    await overTls.keepAlive(leaseId);
    await overTls.register('s1', 'a:2', claims('storage'));
    await web1.register('s1', 'a:3', claims('storage'));
    expect((await local.lookup('storage')).endpoints[0]?.address).to.equal('a:3');
  });

  for (const shared of [false, true]) {
    const claim: NameClaim = { name: 'storage', shared };
    it(`takes over what local had under the same server id, ${shared ? 'shared' : 'alone'}`, async () => {
      const old = await local.register('s1', 'a:1', [claim]);
      const other = await local.register('s2', 'a:2', shared ? [claim] : claims('other'));
      await web1.register('s1', 'a:3', [claim]);
      const endpoints = (await local.lookup('storage')).endpoints.map(({ address, host }) => [address, host]);
      expect(endpoints.sort()).to.deep.equal([...(shared ? [['a:2', 'local']] : []), ['a:3', 'host:web1']]);
      await refusal(local.keepAlive(old.leaseId), 'LEASE_NOT_FOUND');
      await local.keepAlive(other.leaseId);
    });
  }

  it('takes no name of another server of this machine unless it replaces it', async () => {
    await local.register('s2', 'a:2', claims('storage'));
    await refusal(web1.register('s1', 'a:1', claims('storage')), 'NAME_TAKEN');
    await web1.register('s1', 'a:1', [{ name: 'storage', replace: true }]);
  });

  it('takes no name of a host that has it, and has what is reserved for one that is gone', async () => {
    const web2 = opened.for(caller('host:web2'));
    const { leaseId } = await web2.register('s2', 'a:2', claims('storage'));
    await refusal(web1.register('s1', 'a:1', claims('storage')), 'NAME_TAKEN');
    await web2.unregister(leaseId);
    const lease = await web1.register('s1', 'a:1', claims('storage'));
    await web1.unregister(lease.leaseId);
    await refusal(web2.register('s2', 'a:2', claims('storage')), 'NAME_NOT_ALLOWED');
  });

  it('reserves more names than hosts may reserve for themselves, as root configured them', async () => {
    for (let first = 0; first < 1100; first += 100) {
      await web1.register(
        's1',
        'a:1',
        claims(...Array.from({ length: 100 }, (_, i) => `n${String(first + i)}`)),
      );
    }
    expect((await local.info()).names).to.equal(1100);
  });

  it("gives the host no rights but over names: neither other hosts' nor those of local are its own", async () => {
    await local.register('s2', 'a:2', claims('other'));
    await refusal(web1.remove('other'), 'CALLER_REFUSED');
    await refusal(web1.setMetadata('other', { x: 'y' }), 'CALLER_REFUSED');
    expect((await web1.lookup('other')).endpoints[0]).to.not.have.property('leaseId');
  });

  const others: Record<string, Caller> = {
    'a user by the socket file': { ...caller('user:alice'), delegate: 'local' },
    'a host by another host': { ...caller('host:web1'), delegate: 'host:console' },
  };
  for (const [who, each] of Object.entries(others)) {
    it(`is nothing for ${who}: it has the rights of whom it is for`, async () => {
      await local.register('s1', 'a:1', claims('own'));
      const names = opened.for(each);
      await refusal(names.register('s1', 'a:2', claims('jobs')), 'NAME_NOT_ALLOWED');
      const error = await refusal(names.register('s1', 'a:2', claims('own')));
      expect(error.reason).to.be.oneOf(['NAME_NOT_ALLOWED', 'NAME_TAKEN']);
    });
  }
});
