import { expect } from 'chai';

import { type Caller, localCaller, systemClock } from '@patchbay/objects';
import { refusal } from '@patchbay/objects/testing';
import { connectOver } from '@patchbay/session/client';

import { connectTo, grpcTransport } from '../../src/client/index.js';
import { CurrentIdentity, type Identity } from '../../src/secure/index.js';
import { TestAuthority } from '../../src/testing/index.js';
import { type SampleServer, startSample } from '../sample.js';
import { connectTls, type Mirror, mirror, startMirror, TestPolicy } from './scene.js';

describe('A connection over TLS', () => {
  const authority = new TestAuthority();
  const host = authority.identity('host/h1');
  const alice = authority.identity('user/alice');
  const trust = { cluster: authority.cluster, roots: [authority.root] };
  const policy = new TestPolicy();
  let server: SampleServer;
  let address: string;

  before(async () => {
    server = await startMirror(host, policy);
    ({ address } = server);
  });
  beforeEach(() => {
    policy.keys.clear();
    policy.add(alice);
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    authority[Symbol.dispose]();
  });

  it('makes the caller whom the certificate names, with what the policy lets them do', async () => {
    await using client = connectTls(address, alice, { principal: 'host:h1' });
    const proxy = client.proxy<Mirror>('mirror');
    expect([await proxy.who(), await proxy.read()]).to.deep.equal(['user:alice', 'seen']);
  });

  it('makes whoever shows no certificate anonymous', async () => {
    await using client = connectTls(address, trust);
    const proxy = client.proxy<Mirror>('mirror');
    expect(await proxy.who()).to.equal('anonymous');
    expect((await refusal(proxy.read())).reason).to.equal('CALLER_UNKNOWN');
  });

  it('carries descriptions, too', async () => {
    await using client = connectTls(address, alice, { principal: 'host:h1' });
    expect((await client.describe('mirror')).summary).to.equal('A mirror');
    await using other = connectTls(address, alice, { principal: 'host:h2' });
    expect((await refusal(other.describe('mirror'))).reason).to.equal('SERVER_NOT_EXPECTED');
  });

  it('is one that the server can probe itself by', async () => {
    policy.add(host);
    await server.server.probe();
  });

  it('is refused by a client that expects another server', async () => {
    await using client = connectTls(address, alice, { principal: 'host:h2' });
    const error = await refusal(client.proxy<Mirror>('mirror').who());
    expect(error).to.include({ code: 'UNAUTHENTICATED', reason: 'SERVER_NOT_EXPECTED' });
    expect(error.message).to.include('spiffe://c1/host/h1').and.include('host:h2');
  });

  it('is refused by a client of another authority', async () => {
    using other = new TestAuthority();
    await using client = connectTls(address, { cluster: 'c1', roots: [other.root] });
    const error = await refusal(client.proxy<Mirror>('mirror').who());
    expect(error.reason).to.equal('SERVER_NOT_EXPECTED');
    expect(error.message).to.include('of no authority that is trusted here');
  });

  it('is not what a server without an identity speaks', async () => {
    await using plain = await startSample({ objects: { mirror } });
    await using client = connectTls(plain.address, alice);
    const error = await refusal(client.proxy<Mirror>('mirror').who());
    expect(error.reason).to.equal('TLS_EXPECTED');
    expect(error.message).to.match(/does not speak TLS.*--insecure/);
  });

  it('is what a client without one is told to use', async () => {
    await using client = connectTo(address);
    const error = await refusal(client.proxy<Mirror>('mirror').who());
    expect(error).to.include({ code: 'UNAUTHENTICATED', reason: 'TLS_REQUIRED' });
  });

  it('ends with what it runs when its caller is revoked, and comes back as nobody', async () => {
    await using client = connectTls(address, alice);
    const proxy = client.proxy<Mirror>('mirror');
    await proxy.who();
    const running = refusal(proxy.wait());
    policy.keys.clear();
    server.server.reidentify();
    expect((await running).reason).to.equal('CONNECTION_LOST');
    expect((await refusal(proxy.read())).reason).to.equal('CERTIFICATE_REVOKED');
  });

  it('stays when the policy changes what its caller may do', async () => {
    await using client = connectTls(address, alice);
    const proxy = client.proxy<Mirror>('mirror');
    expect(await proxy.read()).to.equal('seen');
    const { roles } = policy;
    try {
      policy.roles = [];
      server.server.reidentify();
      expect((await refusal(proxy.read())).reason).to.equal('CALLER_REFUSED');
    } finally {
      policy.roles = roles;
    }
    server.server.reidentify();
    expect(await proxy.read()).to.equal('seen');
  });

  it('is made anew, unseen by callers, when its certificate has ended', async () => {
    const hourMs = 3_600_000;
    let aheadMs = 0;
    const clock = { ...systemClock, now: () => systemClock.now() + aheadMs };
    let connections = 0;
    const identify = ({ peer }: { readonly peer: string }): Caller => {
      connections++;
      return { ...localCaller(peer), expiresAtMs: clock.now() + hourMs };
    };
    await using plain = await startSample({ objects: { mirror }, identify, clock });
    await using client = connectOver(grpcTransport, plain.address);
    const proxy = client.proxy<Mirror>('mirror');
    for (let count = 1; count <= 5; count++) {
      expect(await Promise.all([proxy.who(), proxy.who()])).to.deep.equal(['local', 'local']);
      expect(connections).to.equal(count);
      aheadMs += hourMs;
    }
  });

  it('fails with both clocks when the next certificate has ended, too', async () => {
    const identify = ({ peer }: { readonly peer: string }): Caller => ({
      ...localCaller(peer),
      principal: 'user:alice',
      expiresAtMs: Date.now() - 60_000,
    });
    await using plain = await startSample({ objects: { mirror }, identify });
    await using client = connectOver(grpcTransport, plain.address);
    const error = await refusal(client.proxy<Mirror>('mirror').read());
    expect(error.reason).to.equal('CERTIFICATE_EXPIRED');
    expect(error.details).to.have.keys('notAfter', 'serverTime');
  });

  it('survives hundreds of new certificates under load, at every address', async function () {
    this.timeout(60_000);
    const renewed = (id: string, of: Identity): Identity =>
      authority.identity(id, { privateKey: of.privateKey });
    const hosts: Identity[] = [host, renewed('host/h1', host)];
    const users: Identity[] = [alice, renewed('user/alice', alice)];
    const ofHost = new CurrentIdentity(host);
    const ofUser = new CurrentIdentity(alice);
    await using both = await startMirror(ofHost, policy, { listen: ['127.0.0.1:0', '[::1]:0'] });
    await using client = connectTls(both.address, ofUser);
    let calling = true;
    let calls = 0;
    const load = Array.from({ length: 4 }, async () => {
      while (calling) {
        expect(await client.proxy<Mirror>('mirror').who()).to.equal('user:alice');
        calls++;
      }
    });
    for (let count = 1; count <= 250; count++) {
      ofHost.replace(hosts[count % 2] as Identity);
      ofUser.replace(users[count % 2] as Identity);
      if (count % 25 === 0) {
        await using next = connectTls(both.server.addresses[(count / 25) % 2] as string, ofUser);
        expect(await next.proxy<Mirror>('mirror').read()).to.equal('seen');
      }
    }
    calling = false;
    await Promise.all(load);
    expect(calls).to.be.above(20);
  });
});
