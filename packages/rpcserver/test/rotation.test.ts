import { expect } from 'chai';
import { X509Certificate } from 'node:crypto';

import { grpcTransport } from '@patchbay/grpc/client';
import {
  type CurrentIdentity,
  enrol,
  type Identity,
  openIdentity,
  renewIdentity,
  secureTransport,
} from '@patchbay/grpc/secure';
import { initAuthority, type NameServer, startNameServer } from '@patchbay/nameserver';
import { type SignaturesOf, silentLog } from '@patchbay/objects';
import { defineObject } from '@patchbay/objects/define';
import { eventually, refusal, Scratch } from '@patchbay/objects/testing';
import { connectOver } from '@patchbay/session/client';

import { hostIdentity, joinHost } from '../src/join-host.js';
import { RpcServer } from '../src/rpc-server.js';
import { who } from './desk.js';

const desk = defineObject({
  summary: 'A desk',
  methods: {
    who,
  },
});

type Desk = SignaturesOf<typeof desk>;

interface View {
  readonly roots: readonly { readonly name: string; readonly state: string }[];
  readonly unconfirmed: readonly string[];
}

describe('A rotation of the authority under a running server', function () {
  this.timeout(30_000);
  let scratch: Scratch;
  let nameServer: NameServer;
  let host: CurrentIdentity;
  let alice: CurrentIdentity;
  let server: RpcServer;

  beforeEach(async () => {
    scratch = await Scratch.make();
    const stateDir = scratch.file('names');
    await initAuthority({ stateDir, name: 'ns1', log: silentLog });
    const listen = ['127.0.0.1:0', `unix:${scratch.file('run', 'socket')}`];
    nameServer = await startNameServer({ listen, stateDir, log: silentLog, version: '1.2.3' });
    host = await joined('create_token', 'host', 'web1', { names: ['desk'] });
    alice = await loggedIn(String((await call('create_user', 'alice')).token));
    await call('grant', 'user:alice', 'viewer', 'desk');
    server = await RpcServer.start({
      ...{ identity: host, objects: { desk }, log: silentLog, listen: '127.0.0.1:0' },
      stateDir: scratch.file('web1'),
      nameServer: nameServer.address,
    });
  });
  afterEach(async () => {
    await server.close();
    await nameServer[Symbol.asyncDispose]();
    await scratch.close();
  });

  /** Calls the object `identity` as root does. */
  async function call(name: string, ...args: readonly unknown[]): Promise<Record<string, unknown>> {
    await using local = connectOver(grpcTransport, nameServer.addresses[1] ?? '');
    return (await local.call('identity', name, args)) as Record<string, unknown>;
  }

  async function joined(command: string, ...args: readonly unknown[]): Promise<CurrentIdentity> {
    const { token } = await call(command, ...args);
    await joinHost({ address: nameServer.address, token: String(token), stateDir: scratch.file('web1') });
    return hostIdentity(scratch.file('web1')) as CurrentIdentity;
  }

  async function loggedIn(token: string): Promise<CurrentIdentity> {
    const path = scratch.file('alice.json');
    await enrol({ kind: 'user', address: nameServer.address, token, path });
    return openIdentity(path) as CurrentIdentity;
  }

  /** Calls the desk and the name server as alice, each on a connection of its own. */
  async function callAs(identity: Identity | CurrentIdentity): Promise<void> {
    const transport = secureTransport({ identity });
    await using client = connectOver(transport, server.address, { principal: 'host:web1' });
    expect(await eventually(() => client.proxy<Desk>('desk').who())).to.equal('user:alice');
    await using names = connectOver(transport, nameServer.address, { principal: 'nameserver' });
    expect(await names.call('identity', 'whoami', [])).to.include({ principal: 'user:alice' });
  }

  function issuerOf({ certificate, roots }: Identity): number {
    return roots.findIndex((root) =>
      new X509Certificate(certificate).verify(new X509Certificate(root).publicKey),
    );
  }

  it('is confirmed by the host, which renews, and no user notices, nor one who knows the former root alone', async () => {
    const before = alice.current;
    await callAs(before);
    const { token: early } = await call('create_token', 'user', 'alice');
    const [former = ''] = host.current.roots;
    await call('rotate_authority');
    await eventually(async () => {
      const { roots, unconfirmed } = (await call('show_authority')) as unknown as View;
      expect(roots.map(({ state }) => state)).to.deep.equal(['trusted', 'issuing']);
      expect(unconfirmed).to.deep.equal([]);
    }, 5_000);
    await eventually(() => {
      expect(host.current.roots).to.have.length(2);
      expect(host.current.roots[1]).to.equal(former);
    });
    await callAs(before);
    await renewIdentity(host, nameServer.address); // as the renewal does within ten minutes
    expect(issuerOf(host.current)).to.equal(0);
    await callAs(before);
    await renewIdentity(alice, nameServer.address);
    expect([issuerOf(alice.current), alice.current.roots]).to.deep.equal([0, host.current.roots]);
    await callAs(alice);
    await callAs(await loggedIn(String(early)));
  });

  it('of a root that is known to others ends what is open, and lets nobody in who has not joined anew', async () => {
    const transport = secureTransport({ identity: alice });
    await using open = connectOver(transport, nameServer.address, { principal: 'nameserver' });
    await open.call('identity', 'whoami', []);
    await call('rotate_authority', { compromised: true });
    const error = await eventually(async () => {
      const failure = await refusal(open.call('identity', 'whoami', []));
      expect(failure.reason).to.equal('SERVER_NOT_EXPECTED');
      return failure;
    }, 5_000);
    expect(error.message).to.contain('no authority that is trusted');
    expect(host.current.roots).to.have.length(1);
    await refusal(renewIdentity(host, nameServer.address), 'SERVER_NOT_EXPECTED');
    await server.close();
    host = await joined('replace_host', 'web1');
    server = await RpcServer.start({
      ...{ identity: host, objects: { desk }, log: silentLog, listen: '127.0.0.1:0' },
      stateDir: scratch.file('web1'),
      nameServer: nameServer.address,
    });
    await callAs(await loggedIn(String((await call('create_token', 'user', 'alice')).token)));
  });
});
