import { expect } from 'chai';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

import { type NameServer, startNameServer } from '@patchbay/nameserver';
import { type SignaturesOf, silentLog } from '@patchbay/objects';
import { defineObject, method } from '@patchbay/objects/define';
import { eventually, refusal, Scratch } from '@patchbay/objects/testing';
import { connect } from '@patchbay/rpcclient';
import { hostIdentity, joinHost, RpcServer } from '@patchbay/rpcserver';

import { logIn, logOut, openUserIdentity } from '../src/identity.js';

const desk = defineObject({
  summary: 'A desk',
  methods: {
    who: method({
      summary: 'Return who calls',
      access: 'view',
      returns: z.string(),
      run: ({ caller }) => caller.principal,
    }),
  },
});
type Desk = SignaturesOf<typeof desk>;

describe('A user who has logged in', function () {
  this.timeout(30_000);
  let scratch: Scratch;
  let nameServer: NameServer;
  let path: string;

  beforeEach(async () => {
    scratch = await Scratch.make();
    path = scratch.file('home', 'identity.json');
    const listen = ['127.0.0.1:0', `unix:${scratch.file('run', 'socket')}`];
    const stateDir = scratch.file('names');
    nameServer = await startNameServer({
      listen,
      stateDir,
      identity: true,
      log: silentLog,
      version: '1.2.3',
    });
  });
  afterEach(async () => {
    await nameServer[Symbol.asyncDispose]();
    await scratch.close();
  });

  async function admin(name: string, ...args: readonly unknown[]): Promise<Record<string, unknown>> {
    await using client = connect({ nameServer: nameServer.addresses[1], insecure: true });
    return (await client.call('identity', name, args)) as Record<string, unknown>;
  }

  it('calls by name over TLS, on the host that registered it, until logged out', async () => {
    const { token } = await admin('create_user', 'alice');
    const { identity } = await logIn({ address: nameServer.address, token: String(token), path });
    expect(identity).to.include({ kind: 'user', name: 'alice' });
    await admin('grant', 'user:alice', 'viewer', 'desk');
    const stateDir = scratch.file('web1');
    const forHost = await admin('create_token', 'host', 'web1', { names: ['desk'] });
    await joinHost({ address: nameServer.address, token: String(forHost.token), stateDir });
    await using server = await RpcServer.start({
      ...{ identity: hostIdentity(stateDir), objects: { desk }, stateDir, log: silentLog },
      listen: '127.0.0.1:0',
    });
    await eventually(() => server.registered);
    const current = await openUserIdentity(path);
    await using client = connect({ nameServer: nameServer.address, identity: current });
    expect(await eventually(() => client.proxy<Desk>('desk').who())).to.equal('user:alice');
    expect(await logOut(path)).to.deep.equal({ user: 'alice', problem: undefined });
    expect(existsSync(path)).to.equal(false);
    await using late = connect({ nameServer: nameServer.address, identity: current });
    const error = await refusal(late.proxy<Desk>('desk').who());
    expect(error.reason).to.be.oneOf(['CERTIFICATE_REVOKED', 'CALLER_UNKNOWN']);
  });

  it('is told that the file of the identity was damaged', async () => {
    const { token } = await admin('create_user', 'alice');
    await logIn({ address: nameServer.address, token: String(token), path });
    writeFileSync(path, readFileSync(path, 'utf8').slice(0, 50));
    expect((await refusal(openUserIdentity(path))).reason).to.equal('IDENTITY_FILE_UNSAFE');
  });
});
