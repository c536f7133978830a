import { expect } from 'chai';

import { type CallersNames, maxReservations } from '@patchbay/nameserver';
import type { NameClaim } from '@patchbay/objects';
import { refusal } from '@patchbay/objects/testing';

import { admin, caller } from './callers.js';
import { claims, OpenedRegistry } from './opened-registry.js';

const owner = 'host:web1';
const rival = 'host:web2';

describe('the names that are allowed', () => {
  it('are asked for with each claim of a host, of which none is allowed by default', async () => {
    await using opened = await OpenedRegistry.open();
    const hosts = opened.for(caller(owner));
    const error = await refusal(hosts.register('s1', 'a:1', claims('x.web1', 'storage')), 'NAME_NOT_ALLOWED');
    expect(error.code).to.equal('PERMISSION_DENIED');
    expect(error.message).to.equal(
      'host:web1 may not register the name "storage"; let an admin allow it, or register one that ends in ".web1"',
    );
    expect(error.details).to.deep.equal({ principal: owner, name: 'storage' });
    for (const claim of [{ shared: true }, { replace: true }]) {
      const claiming = hosts.register('s1', 'a:1', [{ name: 'host.web2', ...claim }]);
      await refusal(claiming, 'NAME_NOT_ALLOWED');
    }
    expect(await opened.names()).to.be.empty;
    await hosts.register('s1', 'a:1', claims('host.web1', 'calls.rpcserver.web1'));
  });

  it('are asked for of an admin that is a host, too, and of a user that is none', async () => {
    await using opened = await OpenedRegistry.open();
    await refusal(opened.for(admin(owner)).register('s1', 'a:1', claims('storage')), 'NAME_NOT_ALLOWED');
    const users = opened.for(caller('user:alice'));
    await refusal(users.register('s1', 'a:1', claims('storage')), 'NAME_NOT_ALLOWED');
    const anonymous = opened.for(caller('anonymous'));
    await refusal(anonymous.register('s1', 'a:1', claims('storage')), 'NAME_NOT_ALLOWED');
    await opened.for(admin('user:alice')).register('s1', 'a:1', claims('storage'));
  });

  it('are asked for with the principal, at each registration', async () => {
    const allowed = new Map<string, string[]>();
    await using opened = await OpenedRegistry.open(undefined, (principal) => allowed.get(principal) ?? []);
    const hosts = opened.for(caller(owner));
    await refusal(hosts.register('s1', 'a:1', claims('storage')), 'NAME_NOT_ALLOWED');
    allowed.set(owner, ['storage']);
    await hosts.register('s1', 'a:1', claims('storage', 'storage/v2'));
    allowed.clear();
    await refusal(hosts.register('s1', 'a:1', claims('storage')), 'NAME_NOT_ALLOWED');
  });
}).timeout(60_000);

describe('a name that a host had', () => {
  let opened: OpenedRegistry;
  let owners: CallersNames;
  let rivals: CallersNames;

  beforeEach(async () => {
    opened = await OpenedRegistry.open(undefined, () => ['*', 'x.web1']);
    owners = opened.for(caller(owner));
    rivals = opened.for(caller(rival));
  });
  afterEach(() => opened[Symbol.asyncDispose]());

  async function had(...names: string[]): Promise<void> {
    const { leaseId } = await owners.register('s1', 'a:1', claims(...names));
    await owners.unregister(leaseId);
  }

  const ends: Record<string, (leaseId: string) => Promise<unknown>> = {
    'that gave it back': (leaseId) => owners.unregister(leaseId),
    'whose lease has passed': () => opened.clock.advance(10_000),
    'that removed it': () => owners.remove('a'),
    'whose lease has passed, and the name server restarted': async () => {
      await opened.clock.advance(10_000);
      await opened.restart();
      rivals = opened.for(caller(rival));
    },
  };
  for (const [how, end] of Object.entries(ends)) {
    it(`is reserved for the host ${how}`, async () => {
      const { leaseId } = await owners.register('s1', 'a:1', claims('a'));
      await end(leaseId);
      for (const claim of [{}, { shared: true }, { replace: true }]) {
        const error = await refusal(
          rivals.register('s1', 'b:1', [{ name: 'a', ...claim }]),
          'NAME_NOT_ALLOWED',
        );
        expect(String(error)).to.not.include(owner);
        expect(error.details).to.deep.equal({ name: 'a' });
      }
      expect(await opened.names()).to.be.empty;
      await opened.for(caller(owner)).register('s2', 'a:2', claims('a'));
    });
  }

  it('is told to admins for whom it is reserved, and given away by one that replaces', async () => {
    await had('a');
    const error = await refusal(opened.registry.register('s1', 'c:1', claims('a')), 'NAME_NOT_ALLOWED');
    expect(error.message).to.include('reserved for host:web1; remove it, or give it away by replacing it');
    expect(error.details).to.deep.equal({ name: 'a', reservedFor: owner });
    const { leaseId } = await opened.registry.register('s1', 'c:1', [{ name: 'a', replace: true }]);
    await opened.registry.unregister(leaseId);
    await rivals.register('s1', 'b:1', claims('a')); // this machine’s names are reserved for nobody
  });

  it('is given away to a host that is an admin, and reserved for that from then on', async () => {
    await had('a');
    await opened.for(admin(rival)).register('s1', 'b:1', [{ name: 'a', replace: true }]);
    await opened.clock.advance(10_000);
    await refusal(owners.register('s1', 'a:1', claims('a')), 'NAME_NOT_ALLOWED');
  });

  it('is free when an admin has removed it, also while nobody has it', async () => {
    await had('a');
    expect(await rivals.remove('a')).to.be.false;
    expect(await owners.remove('a')).to.be.false;
    await refusal(rivals.register('s1', 'b:1', claims('a')), 'NAME_NOT_ALLOWED');
    expect(await opened.registry.remove('a')).to.be.true;
    expect(await opened.registry.remove('a')).to.be.false;
    await rivals.register('s1', 'b:1', claims('a'));
    expect(await opened.registry.remove('a')).to.be.true;
    await owners.register('s1', 'a:1', claims('a'));
  });

  it('is not reserved where it is below the host’s own name, or shared', async () => {
    await had('x.web1', 'a');
    await rivals.register('s1', 'b:1', claims('x.web1'));
    await refusal(rivals.register('s1', 'b:1', claims('a')), 'NAME_NOT_ALLOWED');
    const shared: NameClaim = { name: 'a', shared: true };
    await owners.register('s1', 'a:1', [shared]);
    await rivals.register('s1', 'b:1', [shared]);
    expect((await opened.registry.lookup('a')).endpoints).to.have.length(2);
  });

  /** Returns a list to which each commit from now on adds how many operations it has. */
  function sizesOfCommits(): readonly number[] {
    const sizes: number[] = [];
    const commit = opened.store.commit.bind(opened.store);
    opened.store.commit = (conditions, operations) => {
      sizes.push(operations.length);
      return commit(conditions, operations);
    };
    return sizes;
  }

  it('costs no commit more, and no write once it is reserved', async () => {
    const sizes = sizesOfCommits();
    await owners.register('s1', 'a:1', claims('a', 'b'));
    await owners.register('s1', 'a:1', claims('a', 'b'));
    await opened.registry.register('s2', 'c:1', claims('c'));
    expect(sizes).to.deep.equal([4, 2, 1]);
  });

  it('is reserved with a hundred others, in commits of at most 100 writes, and at most 1000 for one host', async () => {
    const sizes = sizesOfCommits();
    const hundred = (first: number): NameClaim[] =>
      claims(...Array.from({ length: 100 }, (_, index) => `n${String(first * 100 + index)}`));
    for (let first = 0; first * 100 < maxReservations; first += 1) {
      await owners.register('s1', 'a:1', hundred(first));
    }
    expect(Math.max(...sizes)).to.equal(100);
    const error = await refusal(owners.register('s1', 'a:1', claims('n0', 'more')), 'RESERVATIONS_EXHAUSTED');
    expect(error.details).to.deep.equal({ principal: owner, maxReservations: 1000 });
    await owners.register('s1', 'a:1', claims('n0', 'more.web1'));
    await opened.registry.remove('n1');
    await owners.register('s1', 'a:1', claims('more'));
  });

  it('is one host’s when two claim it at once, and reserved for the one that has it', async () => {
    const [first, second] = await Promise.allSettled([
      owners.register('s1', 'a:1', claims('a')),
      rivals.register('s1', 'b:1', claims('a')),
    ]);
    expect([first.status, second.status]).to.have.members(['fulfilled', 'rejected']);
    const loser = first.status === 'fulfilled' ? rivals : owners;
    await opened.clock.advance(10_000);
    await refusal(loser.register('s1', 'b:1', claims('a')), 'NAME_NOT_ALLOWED');
  });
}).timeout(60_000);
