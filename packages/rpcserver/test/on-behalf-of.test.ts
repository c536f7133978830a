import { expect } from 'chai';
import { z } from 'zod';

import { grpcTransport } from '@patchbay/grpc/client';
import { type CurrentIdentity, enrol, openIdentity, secureTransport } from '@patchbay/grpc/secure';
import { initAuthority, type NameServer, startNameServer } from '@patchbay/nameserver';
import { type NameServerMethods, type SignaturesOf, silentLog, systemClock } from '@patchbay/objects';
import { defineObject, method } from '@patchbay/objects/define';
import { eventually, refusal, Scratch } from '@patchbay/objects/testing';
import { connectOver, type ObjectClient, Registration } from '@patchbay/session/client';

import { hostIdentity, joinHost } from '../src/join-host.js';
import { RpcServer } from '../src/rpc-server.js';
import { waiting } from './desk.js';

const desk = defineObject({
  summary: 'A desk',
  methods: {
    who: method({
      summary: 'Return who calls',
      access: 'view',
      returns: z.string(),
      run: ({ caller }) => `${caller.principal} by ${String(caller.delegate)}`,
    }),
    wait: method({ ...waiting, access: 'view' }),
  },
});
type Desk = SignaturesOf<typeof desk>;

const alice = { onBehalfOf: 'user:alice' };

describe('Calls on behalf of the principals of a cluster', function () {
  this.timeout(30_000);
  let scratch: Scratch;
  let nameServer: NameServer;
  let socket: string;
  let local: ObjectClient;
  let server: RpcServer;
  const open: AsyncDisposable[] = [];

  before(async () => {
    scratch = await Scratch.make();
    const stateDir = scratch.file('names');
    await initAuthority({ stateDir, name: 'ns1', log: silentLog });
    socket = `unix:${scratch.file('run', 'socket')}`;
    nameServer = await startNameServer({
      ...{ listen: ['127.0.0.1:0', socket], stateDir, log: silentLog, version: '1.2.3' },
    });
    local = connectOver(grpcTransport, socket);
    server = await RpcServer.start({
      ...{ identity: await joined('web1'), objects: { desk }, log: silentLog },
      listen: ['127.0.0.1:0', `unix:${scratch.file('web', 'socket')}`],
      stateDir: scratch.file('web1'),
      nameServer: nameServer.address,
    });
    await identity('create_user', 'alice');
    await identity('grant', 'user:alice', 'viewer', 'desk');
  });
  after(async () => {
    for (const each of open.splice(0).reverse()) {
      await each[Symbol.asyncDispose]();
    }
    await server.close();
    await local.close();
    await nameServer[Symbol.asyncDispose]();
    await scratch.close();
  });

  function identity(name: string, ...args: readonly unknown[]): Promise<Record<string, unknown>> {
    return local.call('identity', name, args) as Promise<Record<string, unknown>>;
  }

  async function joined(name: string): Promise<CurrentIdentity> {
    const stateDir = scratch.file(name);
    const { token } = await identity('create_token', 'host', name, { names: ['desk'] });
    await joinHost({ address: nameServer.address, token: String(token), stateDir });
    return hostIdentity(stateDir) as CurrentIdentity;
  }

  function connect(as: CurrentIdentity, to = server.address): ObjectClient {
    const client = connectOver(secureTransport({ identity: as }), to, { timeoutMs: 5_000 });
    open.push(client);
    return client;
  }

  it('have the rights of whom they are for, once their host has the grant, until it is taken back', async () => {
    const console = connect(await joined('console')).proxy<Desk>('desk');
    await refusal(console.with(alice).who(), 'DELEGATION_REFUSED');
    const { id } = await identity('grant', 'host:console', 'delegate', 'desk');
    await eventually(async () => {
      expect(await console.with(alice).who()).to.equal('user:alice by host:console');
    });
    await refusal(console.who(), 'CALLER_REFUSED');
    const running = refusal(console.with(alice).wait(), 'PERMISSION_REVOKED');
    await identity('revoke_grant', id);
    await running;
    await refusal(console.with(alice).who(), 'DELEGATION_REFUSED');
  });

  it('end with the delegate', async () => {
    const jobs = connect(await joined('jobs')).proxy<Desk>('desk');
    await identity('grant', 'host:jobs', 'delegate', 'd*', { methods: 'w*' });
    await eventually(() => jobs.with(alice).who());
    const running = refusal(jobs.with(alice).wait(), 'PERMISSION_REVOKED');
    await identity('revoke', 'host:jobs');
    await running;
    await refusal(jobs.with(alice).who(), 'CERTIFICATE_REVOKED');
  });

  it('are taken from the machine itself, and end with the user', async () => {
    const machine = connectOver(grpcTransport, server.addresses[1] ?? '').proxy<Desk>('desk');
    await identity('create_user', 'bob');
    await identity('grant', 'user:bob', 'viewer', 'desk');
    const bob = { onBehalfOf: 'user:bob' };
    await eventually(async () => {
      expect(await machine.with(bob).who()).to.equal('user:bob by local');
    });
    const running = refusal(machine.with(bob).wait(), 'PERMISSION_REVOKED');
    await identity('disable_user', 'bob');
    await running;
    await refusal(machine.with(bob).who(), 'DELEGATION_REFUSED');
  });

  it('are refused to users, also with the grant', async () => {
    const path = scratch.file('eve.json');
    const { token } = await identity('create_user', 'eve');
    await enrol({ kind: 'user', address: nameServer.address, token: String(token), path });
    await refusal(identity('grant', 'user:eve', 'delegate', 'desk'), 'ARGUMENT_INVALID');
    const eve = connect(openIdentity(path) as CurrentIdentity).proxy<Desk>('desk');
    await refusal(eve.with(alice).who(), 'DELEGATION_REFUSED');
  });

  it('register names by the socket file for a host, which lose them with it', async () => {
    const host = await joined('ns1');
    const registration = Registration.start({
      ...{ nameServer: socket, transport: grpcTransport, serverId: 's1', address: '127.0.0.1:1' },
      ...{ claims: [{ name: 'jobs' }], ttlMs: 10_000, clock: systemClock, log: silentLog },
      onBehalfOf: `host:${host.current.name}`,
    });
    open.push(registration);
    await registration.firstAnswer;
    const names = local.proxy<NameServerMethods>('nameserver');
    expect((await names.lookup('jobs')).endpoints[0]?.host).to.equal('host:ns1');
    await identity('revoke', 'host:ns1');
    await eventually(() => refusal(names.lookup('jobs'), 'OBJECT_NOT_FOUND'));
    const again = names.with({ onBehalfOf: 'host:ns1' }).register('s1', '127.0.0.1:1', [{ name: 'jobs' }]);
    await refusal(again, 'DELEGATION_REFUSED');
  });
});
