import { expect } from 'chai';
import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';

import { grpcTransport } from '@patchbay/grpc/client';
import {
  type CurrentIdentity,
  enrol,
  openIdentity,
  readIdentityFile,
  secureTransport,
} from '@patchbay/grpc/secure';
import { initAuthority, type NameServer, startNameServer } from '@patchbay/nameserver';
import { type SignaturesOf, silentLog } from '@patchbay/objects';
import { defineObject, method } from '@patchbay/objects/define';
import { eventually, refusal, Scratch } from '@patchbay/objects/testing';
import { connectOver, type ObjectClient } from '@patchbay/session/client';

import { hostIdentity, joinHost } from '../src/join-host.js';
import { RpcServer } from '../src/rpc-server.js';
import { waiting, who } from './desk.js';

const desk = defineObject({
  summary: 'A desk',
  methods: {
    who,
    wait: method({ ...waiting, access: 'operate' }),
  },
});

type Desk = SignaturesOf<typeof desk>;

describe('An RPC server of a cluster', function () {
  this.timeout(30_000);
  let scratch: Scratch;
  let nameServer: NameServer;
  let socket: string;
  let local: ObjectClient;
  const open: AsyncDisposable[] = [];

  beforeEach(async () => {
    scratch = await Scratch.make();
    const stateDir = scratch.file('names');
    await initAuthority({ stateDir, name: 'ns1', log: silentLog });
    socket = `unix:${scratch.file('run', 'socket')}`;
    const listen = ['127.0.0.1:0', socket];
    nameServer = await startNameServer({ listen, stateDir, log: silentLog, version: '1.2.3' });
    local = connectOver(grpcTransport, socket);
  });
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) {
      await each[Symbol.asyncDispose]();
    }
    await local.close();
    await nameServer[Symbol.asyncDispose]();
    await scratch.close();
  });

  function call(name: string, ...args: readonly unknown[]): Promise<Record<string, unknown>> {
    return local.call('identity', name, args) as Promise<Record<string, unknown>>;
  }

  async function tokenFor(kind: 'host' | 'user', name: string): Promise<string> {
    const options = kind === 'host' ? { names: ['desk'] } : {};
    const made =
      kind === 'host' ? await call('create_token', kind, name, options) : await call('create_user', name);
    return String(made.token);
  }

  async function joined(name = 'web1'): Promise<CurrentIdentity> {
    const stateDir = scratch.file(name);
    await joinHost({ address: nameServer.address, token: await tokenFor('host', name), stateDir });
    return hostIdentity(stateDir) as CurrentIdentity;
  }

  async function loggedIn(name: string): Promise<CurrentIdentity> {
    const path = scratch.file(`${name}.json`);
    await enrol({ kind: 'user', address: nameServer.address, token: await tokenFor('user', name), path });
    return openIdentity(path) as CurrentIdentity;
  }

  async function serve(identity: CurrentIdentity): Promise<RpcServer> {
    const server = await RpcServer.start({
      ...{ identity, objects: { desk }, log: silentLog, listen: '127.0.0.1:0' },
      stateDir: scratch.file('web1'),
      nameServer: nameServer.address,
    });
    open.push(server);
    await eventually(() => server.registered);
    return server;
  }

  it('joins with a token, which another key cannot use again, and does nothing when it is run again', async () => {
    const token = await tokenFor('host', 'web1');
    const options = { address: nameServer.address, token, stateDir: scratch.file('web1') };
    const { identity, enrolment } = await joinHost(options);
    expect(identity).to.include({ kind: 'host', name: 'web1' });
    expect(enrolment).to.include({ state: 'active' });
    const { subjectAltName } = new X509Certificate(identity.certificate);
    expect(subjectAltName).to.include(`URI:spiffe://${identity.cluster}/host/web1`);
    const again = await joinHost(options);
    expect([again.enrolment, again.identity.privateKey]).to.deep.equal([undefined, identity.privateKey]);
    const other = refusal(joinHost({ ...options, stateDir: scratch.file('web2') }));
    expect((await other).reason).to.be.oneOf(['TOKEN_USED', 'HOST_EXISTS']);
  });

  it('joins by the socket file without a token', async () => {
    const stateDir = scratch.file('here');
    const { identity } = await joinHost({ address: socket, name: 'here', stateDir });
    expect(identity).to.include({ kind: 'host', name: 'here' });
    expect(identity.nameServers).to.deep.equal([socket, nameServer.address]);
  });

  it('sends no token to a name server that did not make it, and names who answered', async () => {
    const token = await tokenFor('host', 'web1');
    const foreign = token.replace(/[\w-]{43}$/, 'A'.repeat(43));
    const stateDir = scratch.file('web1');
    const error = await refusal(joinHost({ address: nameServer.address, token: foreign, stateDir }));
    expect(error.reason).to.equal('CA_PIN_MISMATCH');
    expect(error.message).to.match(/issued by ".*"\); the token was not sent/);
    expect(readIdentityFile(`${stateDir}/identity.json`)).to.equal(undefined);
    await joinHost({ address: nameServer.address, token, stateDir });
  });

  it('waits for the approval that a token asks for', async () => {
    const made = await call('create_token', 'host', 'web1', { approve: true });
    let approved: Promise<unknown> | undefined;
    const { identity } = await joinHost({
      ...{ address: nameServer.address, token: String(made.token), stateDir: scratch.file('web1') },
      approvalMs: 20,
      onPending: (name, fingerprint) => {
        approved = call('approve', name, fingerprint);
      },
    });
    await approved;
    expect(identity.certificate).to.include('BEGIN CERTIFICATE');
  });

  it('serves whom the policy allows, and keeps that for a start without a name server', async () => {
    const host = await joined();
    const server = await serve(host);
    const alice = await loggedIn('alice');
    await call('grant', 'user:alice', 'viewer', 'desk');
    await using client = connectOver(secureTransport({ identity: alice }), server.address, {
      principal: 'host:web1',
    });
    const proxy = client.proxy<Desk>('desk');
    expect(await eventually(() => proxy.who())).to.equal('user:alice');
    expect((await refusal(proxy.wait())).reason).to.equal('CALLER_REFUSED');
    const file = scratch.file('web1', 'policy.json');
    await eventually(() => existsSync(file) && readFileSync(file, 'utf8').includes('user:alice'));
    await nameServer[Symbol.asyncDispose]();
    await server.close();
    const next = await RpcServer.start({
      ...{ identity: host, objects: { desk }, log: silentLog, listen: '127.0.0.1:0' },
      stateDir: scratch.file('web1'),
      nameServer: nameServer.address,
    });
    open.push(next);
    await using second = connectOver(secureTransport({ identity: alice }), next.address);
    expect(await second.proxy<Desk>('desk').who()).to.equal('user:alice');
  });

  it('ends what a user runs within a second of the revocation', async () => {
    const server = await serve(await joined());
    const alice = await loggedIn('alice');
    await call('grant', 'user:alice', 'operator', 'desk');
    await using client = connectOver(secureTransport({ identity: alice }), server.address);
    const proxy = client.proxy<Desk>('desk');
    await eventually(() => proxy.who());
    const running = refusal(proxy.wait());
    const beganMs = performance.now();
    await call('disable_user', 'alice');
    expect((await running).reason).to.equal('PERMISSION_REVOKED');
    expect(performance.now() - beganMs).to.be.below(1_000);
    expect((await refusal(proxy.who())).reason).to.equal('CERTIFICATE_REVOKED');
  });
});
