import { type NameClaim, type Principal, systemClock, silentLog } from '@patchbay/objects';
import { Dispatcher } from '@patchbay/objects/define';
import { refusal } from '@patchbay/objects/testing';
import { type CallersNames, nameServerObject } from '@patchbay/nameserver';
import { expect } from 'chai';
import fc from 'fast-check';

import { admin, caller } from './callers.js';
import { claims, OpenedRegistry } from './opened-registry.js';

const owner = 'host:web1';
const rival = 'host:web2';
/** Lets hosts register any name. */
const namesOf = (): readonly string[] => ['*'];

describe('a name of a host', () => {
  let opened: OpenedRegistry;
  let owners: CallersNames;
  let rivals: CallersNames;
  /** A lease of the owner's, with the names `a` and `b`. */
  let leaseId: string;

  beforeEach(async () => {
    opened = await OpenedRegistry.open(undefined, namesOf);
    owners = opened.for(caller(owner));
    rivals = opened.for(caller(rival));
    ({ leaseId } = await owners.register('s1', 'a:1', claims('a', 'b')));
  });
  afterEach(() => opened[Symbol.asyncDispose]());

  /** Checks that the owner has what it registered. */
  async function expectUntouched(): Promise<void> {
    for (const name of ['a', 'b']) {
      const record = await owners.lookup(name);
      expect(record.endpoints).to.deep.equal([{ address: 'a:1', serverId: 's1', host: owner, leaseId }]);
      expect(record.metadata).to.be.empty;
    }
    expect(await owners.keepAlive(leaseId)).to.not.have.property('lost');
  }

  const attacks: Record<string, readonly [attack: () => Promise<unknown>, reason: string]> = {
    'ends its lease': [() => rivals.unregister(leaseId), 'LEASE_NOT_OWNED'],
    'keeps its lease alive': [() => rivals.keepAlive(leaseId), 'LEASE_NOT_OWNED'],
    'keeps its lease alive in its own name': [
      () => rivals.keepAlive(leaseId.replace(owner, rival)),
      'LEASE_NOT_FOUND',
    ],
    'takes it over by a stolen server id': [() => rivals.register('s1', 'evil:1', claims('a')), 'NAME_TAKEN'],
    'shares it by a stolen server id': [
      () => rivals.register('s1', 'evil:1', [{ name: 'a', shared: true }]),
      'NAME_TAKEN',
    ],
    'replaces it': [() => rivals.register('s2', 'evil:1', [{ name: 'a', replace: true }]), 'NAME_TAKEN'],
    'replaces it by a stolen server id': [
      () => rivals.register('s1', 'evil:1', [{ name: 'a', replace: true }]),
      'NAME_TAKEN',
    ],
    'removes it': [() => rivals.remove('a'), 'CALLER_REFUSED'],
    'sets its metadata': [() => rivals.setMetadata('a', { x: 'y' }), 'CALLER_REFUSED'],
  };

  for (const [what, [attack, reason]] of Object.entries(attacks)) {
    it(`is safe from another that ${what}`, async () => {
      await refusal(attack(), reason);
      await expectUntouched();
    });
  }

  it('is safe from another that ends its lease in its own name, which tells nothing', async () => {
    await rivals.unregister(leaseId.replace(owner, rival));
    await expectUntouched();
  });

  it('is safe from this machine where that is no admin, as on a network', async () => {
    const anonymous = opened.for(caller('anonymous'));
    const [storeLeaseId = ''] = leaseId.split('~');
    await refusal(anonymous.keepAlive(leaseId), 'LEASE_NOT_OWNED');
    await refusal(anonymous.keepAlive(storeLeaseId), 'LEASE_NOT_FOUND');
    await anonymous.unregister(storeLeaseId);
    await refusal(anonymous.remove('a'), 'CALLER_REFUSED');
    await expectUntouched();
  });

  it('shows its lease to its owner alone, in every answer', async () => {
    const stop = new AbortController();
    const seen = async (names: CallersNames): Promise<unknown[]> => {
      const watch = names.watch({ fromRevision: 0, signal: stop.signal });
      const { value: event } = await watch.next();
      await watch.return();
      return [event?.record, await names.lookup('a'), (await names.list({ prefix: 'a' })).names[0]].map(
        (record) => record?.endpoints[0]?.leaseId,
      );
    };
    expect(await seen(owners)).to.deep.equal([leaseId, leaseId, leaseId]);
    expect(await seen(rivals)).to.deep.equal([undefined, undefined, undefined]);
    const changed = await opened.for(admin(rival)).setMetadata('a', { x: 'y' });
    expect(changed.endpoints).to.deep.equal([{ address: 'a:1', serverId: 's1', host: owner }]);
    stop.abort();
  });

  it('tells others whose it is, and that replacing takes an admin', async () => {
    const taken = await refusal(rivals.register('s1', 'evil:1', claims('a')), 'NAME_TAKEN');
    expect(taken.message).to.include('server "s1" of host:web1 at a:1');
    expect(taken.details).to.deep.equal({ name: 'a', address: 'a:1', serverId: 's1', host: owner });
    const replacing = rivals.register('s2', 'evil:1', [{ name: 'a', replace: true }]);
    expect((await refusal(replacing, 'NAME_TAKEN')).message).to.include('only host:web1 and an admin');
  });

  it('may be replaced, changed and removed by its owner, from any of its servers', async () => {
    await owners.register('s2', 'a:2', [{ name: 'a', replace: true }]);
    expect((await owners.keepAlive(leaseId)).lost).to.deep.equal(['a']);
    expect((await owners.setMetadata('a', { x: 'y' })).metadata).to.deep.equal({ x: 'y' });
    expect(await owners.remove('a')).to.be.true;
    expect(await opened.names()).to.deep.equal(['b']);
  });

  for (const who of [admin('user:alice'), admin(rival), admin('local'), admin('anonymous')]) {
    it(`may be changed, replaced and removed by ${who.principal} where that is an admin`, async () => {
      const admins = opened.for(who);
      await refusal(admins.register('s1', 'b:1', claims('a')), 'NAME_TAKEN');
      expect((await admins.setMetadata('a', { x: 'y' })).metadata).to.deep.equal({ x: 'y' });
      await admins.register('s1', 'b:1', [{ name: 'a', replace: true }]);
      expect(await admins.remove('b')).to.be.true;
      expect((await owners.keepAlive(leaseId)).lost).to.deep.equal(['a', 'b']);
      await refusal(admins.keepAlive(leaseId), 'LEASE_NOT_OWNED');
    });
  }

  it('is not changed by whoever is an admin of some methods, or other objects, alone', async () => {
    for (const grant of [
      { role: 'admin', objects: 'storage', methods: '*' },
      { role: 'admin', objects: '**', methods: 'list*' },
      { role: 'operator', objects: '**', methods: '*' },
    ] as const) {
      const some = opened.for({ ...caller(rival), roles: [grant] });
      await refusal(some.remove('a'), 'CALLER_REFUSED');
    }
    await expectUntouched();
  });

  it('is its owner’s at once when that comes back', async () => {
    const next = await owners.register('s1', 'a:2', claims('a', 'b'));
    await refusal(owners.keepAlive(leaseId), 'LEASE_NOT_FOUND');
    await owners.keepAlive(next.leaseId);
  });

  it('is known for its owner’s by a name server that restarts, whatever is left on its lease', async () => {
    const empty = await owners.register('s1', 'a:1', []);
    await opened.for(admin('local')).remove('a');
    await opened.for(admin('local')).remove('b');
    await opened.restart();
    owners = opened.for(caller(owner));
    rivals = opened.for(caller(rival));
    for (const each of [leaseId, empty.leaseId]) {
      await refusal(rivals.keepAlive(each.replace(owner, rival)), 'LEASE_NOT_FOUND');
      await rivals.unregister(each.replace(owner, rival));
      await opened.registry.unregister(each.split('~')[0] ?? '');
      await refusal(rivals.unregister(each), 'LEASE_NOT_OWNED');
      expect(await owners.keepAlive(each)).to.include({ leaseId: each });
    }
    expect((await owners.keepAlive(leaseId)).lost).to.deep.equal(['a', 'b']);
    await owners.unregister(leaseId);
    await owners.unregister(leaseId);
    await refusal(owners.keepAlive(leaseId), 'LEASE_NOT_FOUND');
  });

  it('goes with its lease, whose owner is then forgotten', async () => {
    await owners.unregister(leaseId);
    expect(await opened.names()).to.be.empty;
    await refusal(owners.keepAlive(leaseId), 'LEASE_NOT_FOUND');
    await refusal(rivals.keepAlive(leaseId), 'LEASE_NOT_OWNED');
  });
}).timeout(60_000);

describe('whether there is a lease', () => {
  it('is told to nobody but its owner', async () => {
    await using opened = await OpenedRegistry.open(undefined, namesOf);
    const principals = ['local', 'anonymous', owner, rival, 'user:alice'] as const;
    const leases = new Map<Principal, string>();
    for (const principal of principals) {
      const roles = principal === 'anonymous' ? admin(principal) : caller(principal);
      const { leaseId } = await opened.for(roles).register('s1', 'a:1', claims(`of-${principal.slice(-4)}`));
      leases.set(principal, leaseId);
    }
    const answer = (asking: Promise<unknown>, leaseId: string): Promise<string> =>
      asking.then(
        () => 'kept',
        (error: unknown) => String(error).replaceAll(leaseId, 'LEASE'),
      );
    for (const asker of ['anonymous', rival, 'user:alice'] as const) {
      const names = opened.for(caller(asker));
      for (const [holder, leaseId] of leases) {
        if (holder !== asker) {
          // What differs in one digit is no lease.
          const none = leaseId.replace(/^./, (digit) => (digit === 'f' ? 'e' : 'f'));
          for (const method of ['keepAlive', 'unregister'] as const) {
            expect(await answer(names[method](leaseId), leaseId)).to.equal(
              await answer(names[method](none), none),
            );
          }
        }
      }
    }
    for (const [holder, leaseId] of leases) {
      const names = opened.for(holder === 'anonymous' ? admin(holder) : caller(holder));
      expect(await names.keepAlive(leaseId)).to.include({ leaseId });
    }
  });

  it('cannot be found by guessing', async () => {
    await using opened = await OpenedRegistry.open(undefined, namesOf);
    await opened.for(caller(owner)).register('s1', 'a:1', claims('a'));
    const names = opened.for(caller(rival));
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.uuid(),
          fc.uuid().map((id) => `${id}~${rival}`),
        ),
        async (id) => {
          const error = await names.keepAlive(id).catch((thrown: unknown) => thrown);
          expect(error).to.have.property('reason').that.is.oneOf(['LEASE_NOT_OWNED', 'LEASE_NOT_FOUND']);
          await names.unregister(id).catch(() => undefined);
          expect(await opened.names()).to.deep.equal(['a']);
        },
      ),
      { numRuns: 50 },
    );
  });
}).timeout(60_000);

describe('this machine', () => {
  it('is one owner, whether it comes by TCP or by the socket', async () => {
    await using opened = await OpenedRegistry.open(undefined, namesOf);
    const byTcp = opened.for(admin('anonymous'));
    const bySocket = opened.for(caller('local'));
    const shared: NameClaim = { name: 'post', shared: true };
    const former = await byTcp.register('s1', 'a:1', [...claims('a'), shared]);
    await bySocket.keepAlive(former.leaseId);
    const { leaseId } = await bySocket.register('s1', 'a:2', [...claims('a'), shared]);
    for (const name of ['a', 'post']) {
      const { endpoints } = await byTcp.lookup(name);
      expect(endpoints).to.deep.equal([{ address: 'a:2', serverId: 's1', host: 'local', leaseId }]);
    }
    await refusal(byTcp.keepAlive(former.leaseId), 'LEASE_NOT_FOUND');
    await byTcp.unregister(leaseId);
    expect(await opened.names()).to.be.empty;
  });
}).timeout(60_000);

describe('a name that several hosts share', () => {
  const shared: NameClaim = { name: 'post', shared: true };
  let opened: OpenedRegistry;

  beforeEach(async () => {
    opened = await OpenedRegistry.open(undefined, namesOf);
  });
  afterEach(() => opened[Symbol.asyncDispose]());

  it('has a share for each host and server id', async () => {
    const [first, second, local] = [
      await opened.for(caller(owner)).register('s1', 'a:1', [shared]),
      await opened.for(caller(rival)).register('s1', 'b:1', [shared]),
      await opened.registry.register('s1', 'c:1', [shared]),
    ];
    const { endpoints } = await opened.for(caller(owner)).lookup('post');
    expect(endpoints).to.have.deep.members([
      { address: 'a:1', serverId: 's1', host: owner, leaseId: first.leaseId },
      { address: 'b:1', serverId: 's1', host: rival },
      { address: 'c:1', serverId: 's1', host: 'local' },
    ]);
    await opened.for(caller(rival)).unregister(second.leaseId);
    await opened.registry.unregister(local.leaseId);
    expect((await opened.registry.lookup('post')).endpoints).to.have.length(1);
    expect((await opened.registry.list({ prefix: 'post' })).names).to.have.length(1);
  });

  it('cannot be had by a server id that looks like another’s share', async () => {
    await opened.for(caller(owner)).register('s1', 'a:1', [shared]);
    await opened.for(caller(rival)).register('s1!host:web1', 'b:1', [shared]);
    await opened.registry.register('host:web1', 'c:1', [shared]);
    await refusal(opened.registry.register(`s1 ${owner}`, 'c:1', [shared]), 'SERVER_ID_INVALID');
    expect((await opened.registry.lookup('post')).endpoints).to.have.length(3);
  });

  it('is removed or changed by whoever owns all of it, or an admin', async () => {
    const owners = opened.for(caller(owner));
    await owners.register('s1', 'a:1', [shared]);
    await owners.register('s2', 'a:2', [shared]);
    expect((await owners.setMetadata('post', { x: 'y' })).metadata).to.deep.equal({ x: 'y' });
    await opened.for(caller(rival)).register('s1', 'b:1', [shared]);
    await refusal(owners.setMetadata('post', { x: 'z' }), 'CALLER_REFUSED');
    await refusal(owners.remove('post'), 'CALLER_REFUSED');
    await refusal(owners.register('s1', 'a:1', [{ name: 'post', replace: true }]), 'NAME_TAKEN');
    expect((await opened.registry.lookup('post')).endpoints).to.have.length(3);
    expect(await opened.registry.remove('post')).to.be.true;
  });
}).timeout(60_000);

describe('what earlier versions wrote', () => {
  it('is this machine’s: a name without a host, and a lost name without an owner', async () => {
    await using opened = await OpenedRegistry.open(undefined, namesOf);
    const { leaseId } = await opened.store.grantLease(10_000);
    const registeredAt = '2026-01-01T00:00:00.000Z';
    const value = JSON.stringify({ serverId: 's1', address: 'a:1', metadata: {}, registeredAt });
    await opened.store.commit(
      [],
      [
        { put: 'name/a', value, leaseId },
        { put: 'name/post!s1', value, leaseId },
        { put: `lost/${leaseId}/b`, value: '', leaseId },
      ],
    );
    await opened.restart();
    const host = 'local';
    for (const name of ['a', 'post']) {
      expect((await opened.registry.lookup(name)).endpoints).to.deep.equal([
        { address: 'a:1', serverId: 's1', host, leaseId },
      ]);
    }
    expect((await opened.registry.keepAlive(leaseId)).lost).to.deep.equal(['b']);
    const rivals = opened.for(caller(rival));
    await refusal(rivals.unregister(leaseId), 'LEASE_NOT_OWNED');
    await refusal(rivals.register('s1', 'b:1', claims('a')), 'NAME_TAKEN');
    await opened.registry.register('s1', 'a:2', [...claims('a'), { name: 'post', shared: true }]);
    expect((await opened.registry.lookup('post')).endpoints).to.have.length(1);
  });
}).timeout(60_000);

describe('both faces of the name server', () => {
  it('ask the registry as the caller of the call', async () => {
    await using opened = await OpenedRegistry.open(undefined, namesOf);
    const dispatcher = new Dispatcher({ clock: systemClock, log: silentLog });
    dispatcher.host('nameserver', nameServerObject(opened.whole));
    const call = (principal: Principal, method: string, ...values: unknown[]): Promise<unknown> =>
      new Promise((resolve, reject) => {
        const input = { values };
        const begun = {
          object: 'nameserver',
          method,
          input,
          caller: caller(principal),
          callId: method,
          timeoutMs: undefined,
        };
        dispatcher.begin(begun, { item: () => undefined, result: resolve, failure: reject });
      });
    const { leaseId } = (await call(owner, 'register', 's1', 'a:1', claims('a'))) as { leaseId: string };
    for (const [method, values, reason] of [
      ['keep_alive', [leaseId], 'LEASE_NOT_OWNED'],
      ['unregister', [leaseId], 'LEASE_NOT_OWNED'],
      ['register', ['s1', 'b:1', claims('a')], 'NAME_TAKEN'],
      ['register', ['s1', 'b:1', [{ name: 'a', replace: true }]], 'NAME_TAKEN'],
      ['remove', ['a'], 'CALLER_REFUSED'],
      ['set_metadata', ['a', { x: 'y' }], 'CALLER_REFUSED'],
    ] as const) {
      await refusal(call(rival, method, ...values), reason);
    }
    const seen = async (principal: Principal): Promise<unknown> => call(principal, 'lookup', 'a');
    expect(await seen(owner)).to.have.nested.property('endpoints[0].leaseId', leaseId);
    expect(await seen(rival)).to.not.have.nested.property('endpoints[0].leaseId');
    expect(await call(owner, 'unregister', leaseId)).to.equal(null);
  });
}).timeout(60_000);
