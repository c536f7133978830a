import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { IdentityObject } from '@patchbay/authority';
import { grpcTransport } from '@patchbay/grpc/client';
import { secureTransport } from '@patchbay/grpc/secure';
import { initAuthority, type NameServer, type NewAuthority, startNameServer } from '@patchbay/nameserver';
import { type NameServerMethods, nameServerObject, type SignaturesOf, silentLog } from '@patchbay/objects';
import { enrolmentMessage, fingerprintOf } from '@patchbay/objects/identity';
import { eventually, FakeClock, refusal } from '@patchbay/objects/testing';
import { connectOver, type ObjectClient, type RemoteObject } from '@patchbay/session/client';
import { expect } from 'chai';

import { OwnIdentity } from '../src/own-identity.js';
import { openSqliteStore } from '@patchbay/store';

type Identity = RemoteObject<SignaturesOf<IdentityObject>>;

function identityOf(client: ObjectClient): Identity {
  return client.proxy<SignaturesOf<IdentityObject>>('identity');
}

describe('A name server with an authority', function () {
  this.timeout(20_000);
  let directory: string;
  let made: NewAuthority;
  let server: NameServer;
  let clients: ObjectClient[];
  let local: Identity;
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

  beforeEach(async () => {
    clients = [];
    directory = await mkdtemp(join(tmpdir(), 'patchbay-identity-'));
    made = await initAuthority({ stateDir: directory, name: 'ns1', log: silentLog });
    const listen = ['127.0.0.1:0', `unix:${directory}/run/socket`];
    server = await startNameServer({ listen, stateDir: directory, log: silentLog, version: '1.2.3' });
    local = identityOf(use(connectOver(grpcTransport, server.addresses[1] ?? '')));
  });
  afterEach(async () => {
    await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
    await server[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  function use(client: ObjectClient): ObjectClient {
    clients.push(client);
    return client;
  }

  /** Connects over TLS, as whom a certificate names if there is one. */
  function connect(certificate?: string): ObjectClient {
    const { cluster = '', roots = [] } = server.authority ?? {};
    const proof = certificate === undefined ? {} : { certificate, privateKey: privatePem };
    const transport = secureTransport({ identity: { cluster, roots, ...proof } });
    return use(connectOver(transport, server.address, { timeoutMs: 5000, principal: 'nameserver' }));
  }

  /** Enrols over TLS, and returns the certificate. */
  async function enrol(kind: 'host' | 'user', token: string, name?: string): Promise<string> {
    const identity = identityOf(connect());
    const { challenge } = await identity.status();
    const fingerprint = fingerprintOf(publicKey);
    const parts = { challenge, kind, name, token, fingerprint, sealingFingerprint: undefined };
    const signature = sign('sha256', Buffer.from(enrolmentMessage(parts)), privateKey).toString('base64');
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const { certificate = '' } = await identity.enrol(kind, pem, challenge, signature, { token, name });
    return certificate;
  }

  it('answers status to anybody over TLS, and nothing more', async () => {
    const identity = identityOf(connect());
    expect(await identity.status()).to.deep.include({
      status: 'ok',
      version: '1.2.3',
      server_url: server.address,
      discover: { version: 1, endpoints: [...server.addresses] },
      cluster: made.cluster,
    });
    expect(await identity.whoami()).to.deep.equal({ principal: 'anonymous', groups: [], roles: [] });
    await refusal(identity.list_hosts(), 'CALLER_UNKNOWN');
    await refusal(identity.can_i('storage', 'status'), 'CALLER_UNKNOWN');
  });

  it('does not talk to clients without TLS', async () => {
    const plain = use(connectOver(grpcTransport, server.address, { timeoutMs: 2000 }));
    const error = await identityOf(plain)
      .status()
      .then(
        () => undefined,
        (reason: unknown) => reason,
      );
    expect(error).to.be.an('error');
  });

  it('enrols a host, which registers its own names and those that it is allowed', async () => {
    const { token } = await local.create_token('host', 'web1', { names: ['storage'] });
    const names = connect(await enrol('host', token)).proxy<NameServerMethods>(nameServerObject);
    await names.register('one', '10.0.0.1:7441', [{ name: 'host.web1' }, { name: 'storage' }]);
    const record = await names.lookup('storage');
    expect(record.endpoints[0]).to.include({ host: 'host:web1' });
    for (const name of ['jobs', 'host.web2', 'other']) {
      await refusal(names.register('one', '10.0.0.1:7441', [{ name }]), 'NAME_NOT_ALLOWED');
    }
    await refusal(names.register('one', '10.0.0.1:7441', [{ name: 'identity' }]), 'NAME_RESERVED');
  });

  it('ends the sessions and names of a host that is revoked, and knows it no more', async () => {
    const { token } = await local.create_token('host', 'web1');
    const certificate = await enrol('host', token);
    const names = connect(certificate).proxy<NameServerMethods>(nameServerObject);
    const lease = await names.register('one', '10.0.0.1:7441', [{ name: 'host.web1' }]);
    const watching = refusal(untilEnd(names.watch()));
    await local.revoke('host:web1');
    await watching;
    const others = use(connectOver(grpcTransport, server.addresses[1] ?? '')).proxy<NameServerMethods>(
      nameServerObject,
    );
    await eventually(() => refusal(others.lookup('host.web1'), 'OBJECT_NOT_FOUND'), 1_000);
    await refusal(names.keep_alive(lease.leaseId), 'CERTIFICATE_REVOKED');
    await refusal(identityOf(connect(certificate)).list_hosts(), 'CERTIFICATE_REVOKED');
    expect(await local.list_hosts()).to.have.nested.property('[0].state', 'revoked');
  });

  it('tells a host the labels of others, and the variables that it names, by a grant', async () => {
    const { token } = await local.create_token('host', 'web1', { labels: ['role=db'] });
    const host = identityOf(connect(await enrol('host', token)));
    await refusal(host.list_members(), 'CALLER_REFUSED');
    await refusal(local.set_variables('web1', ['image=ubuntu', 'Disk=1']), 'ARGUMENT_INVALID');
    await local.set_variables('web1', ['image=ubuntu', 'disk=20GiB']);
    await local.grant('host:web1', 'viewer', 'identity', { methods: 'list_members' });
    expect(await host.list_members({ variables: ['disk'] })).to.deep.equal([
      { name: 'web1', groups: [], labels: { role: 'db' }, variables: { disk: '20GiB' } },
    ]);
    await refusal(host.show_host('web1'), 'CALLER_REFUSED');
    await refusal(host.set_variables('web1', ['image=x']), 'CALLER_REFUSED');
    expect(await local.show_host('web1')).to.deep.include({ variables: { image: 'ubuntu', disk: '20GiB' } });
  });

  it('lets the first admin do everything, and users what they are granted', async () => {
    const admin = identityOf(connect(await enrol('user', made.tokens.admin.token)));
    expect(await admin.whoami()).to.deep.include({ principal: 'user:admin', groups: ['admins'] });
    const { token } = await admin.create_user('alice', { group: ['ops'] });
    const alice = identityOf(connect(await enrol('user', token)));
    await refusal(alice.list_users(), 'CALLER_REFUSED');
    expect(await alice.can_i('storage', 'create_disk')).to.include({ level: 'member' });
    const grant = await admin.grant('group:ops', 'operator', 'storage*', {
      methods: 'create_*',
      untilMs: 86_400_000,
    });
    const answer = { level: 'operate', by: ['operator on storage*.create_*'] };
    await eventually(async () => {
      expect(await alice.can_i('storage', 'create_disk')).to.deep.include(answer);
    });
    expect(await admin.can_i('storage', 'create_disk', { as: 'user:alice' })).to.deep.include(answer);
    await refusal(alice.can_i('storage', 'x', { as: 'user:admin' }), 'CALLER_REFUSED');
    expect(await admin.list_grants()).to.have.length(2);
    await admin.revoke_grant(grant.id);
    await eventually(async () => {
      expect(await alice.can_i('storage', 'create_disk')).to.include({ level: 'member' });
    });
    const [key = ''] = (await admin.list_users()).flatMap(({ name, keys }) =>
      name === 'alice' ? keys.map((each) => each.fingerprint) : [],
    );
    await alice.remove_key('alice', key).catch(() => undefined); // the answer may come after the end of the session
    await refusal(
      alice.whoami().then(() => alice.can_i('storage', 'x')),
      'CERTIFICATE_REVOKED',
    );
  });

  it('ends calls that were allowed, when they are no more', async () => {
    const { token } = await local.create_user('alice');
    const { id } = await local.grant('user:alice', 'admin', 'identity');
    const alice = identityOf(connect(await enrol('user', token)));
    const events = alice.watch_policy()[Symbol.asyncIterator]();
    await events.next();
    const { id: limited } = await local.grant('user:alice', 'admin', 'identity', { untilMs: 1_000 });
    await local.revoke_grant(id);
    const ended = refusal(untilEnd({ [Symbol.asyncIterator]: () => events }), 'PERMISSION_REVOKED');
    expect((await local.list_grants()).map((grant) => grant.id)).to.include(limited);
    await ended;
    expect(await alice.whoami(), 'the session goes on').to.include({ principal: 'user:alice' });
  });

  it('tells hosts the policy, then each change', async () => {
    const { token } = await local.create_token('host', 'web1', { groups: ['linux'] });
    const host = identityOf(connect(await enrol('host', token)));
    const events = host.watch_policy()[Symbol.asyncIterator]();
    const first: unknown = (await events.next()).value;
    expect(first).to.have.nested.property('document.principals.length', 2);
    const { id } = await local.grant('group:linux', 'delegate', 'jobs*');
    expect((await events.next()).value).to.have.nested.property('change.grants[0].id', id);
    await events.return?.(null);
    const { token: userToken } = await local.create_user('bob');
    await refusal(
      untilEnd(identityOf(connect(await enrol('user', userToken))).watch_policy()),
      'CALLER_REFUSED',
    );
  });

  it('is the same cluster after a restart, and is made once', async () => {
    await refusal(initAuthority({ stateDir: directory, log: silentLog }), 'STORE_LOCKED');
    await server[Symbol.asyncDispose]();
    await refusal(initAuthority({ stateDir: directory, log: silentLog }), 'AUTHORITY_EXISTS');
    server = await startNameServer({
      listen: '127.0.0.1:0',
      stateDir: directory,
      log: silentLog,
      version: '1.2.3',
    });
    expect(await identityOf(connect()).status()).to.include({ cluster: made.cluster });
  });
});

/** Reads items until there are no more. */
async function untilEnd(items: AsyncIterable<unknown>): Promise<void> {
  const iterator = items[Symbol.asyncIterator]();
  for (let isDone = false; !isDone;) {
    isDone = (await iterator.next()).done === true;
  }
}

describe("A name server's own certificate", () => {
  it('is renewed by itself, before it ends', async () => {
    const stateDir = await mkdtemp(join(tmpdir(), 'patchbay-identity-'));
    const clock = new FakeClock();
    try {
      await using store = await openSqliteStore({ directory: stateDir, clock });
      const options = { store, clock, log: silentLog, stateDir, create: { name: 'ns1' } };
      await using own = await OwnIdentity.open(options);
      const first = own?.current?.current.certificate;
      await clock.advance(13 * 3_600_000); // renewals come from 14 h on, by chance
      expect(own?.current?.current.certificate).to.equal(first);
      await clock.advance(3 * 3_600_000);
      await eventually(() => {
        expect(own?.current?.current.certificate).not.to.equal(first);
      });
    } finally {
      await rm(stateDir, { recursive: true, force: true });
    }
  });
});
