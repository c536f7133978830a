import { expect } from 'chai';
import { copyFile, writeFile } from 'node:fs/promises';

import { grpcTransport } from '@patchbay/grpc/client';
import { type CurrentIdentity, enrol, openIdentity, secureTransport } from '@patchbay/grpc/secure';
import { initAuthority, type NameServer, restoreRegistry, startNameServer } from '@patchbay/nameserver';
import { type SignaturesOf, silentLog } from '@patchbay/objects';
import { defineObject } from '@patchbay/objects/define';
import { eventually, RecordingLog, refusal, Scratch } from '@patchbay/objects/testing';
import { connectOver, type ObjectClient } from '@patchbay/session/client';

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

/** A call of somebody who may be known in a moment is repeated for as long as it may take. */
const inTime = { timeoutMs: 2_000 };

describe('A name server that comes back', function () {
  this.timeout(30_000);
  let scratch: Scratch;
  let nameServer: NameServer;
  let address: string;
  let log: RecordingLog;
  let server: RpcServer | undefined;

  beforeEach(async () => {
    scratch = await Scratch.make();
    log = new RecordingLog();
    await initAuthority({ stateDir: scratch.file('names'), name: 'ns1', log: silentLog });
    await startNames('127.0.0.1:0');
  });
  afterEach(async () => {
    await server?.close();
    server = undefined;
    await nameServer[Symbol.asyncDispose]();
    await scratch.close();
  });

  async function startNames(listen: string, stateDir = 'names'): Promise<void> {
    const socket = `unix:${scratch.file(stateDir, 'run', 'socket')}`;
    const options = {
      listen: [listen, socket],
      stateDir: scratch.file(stateDir),
      log,
      version: '1.2.3',
      identity: true,
    };
    nameServer = await startNameServer(options);
    ({ address } = nameServer);
  }

  /** Calls the object `identity` as root does. */
  async function call(name: string, ...args: readonly unknown[]): Promise<Record<string, unknown>> {
    await using local = connectOver(grpcTransport, nameServer.addresses[1] ?? '');
    return (await local.call('identity', name, args)) as Record<string, unknown>;
  }

  async function joined(name: string): Promise<CurrentIdentity> {
    const { token } = await call('create_token', 'host', name, { names: ['desk'] });
    await joinHost({ address, token: String(token), stateDir: scratch.file(name) });
    return hostIdentity(scratch.file(name)) as CurrentIdentity;
  }

  async function loggedIn(name: string): Promise<CurrentIdentity> {
    const { token } = await call('create_user', name);
    const path = scratch.file(`${name}.json`);
    await enrol({ kind: 'user', address, token: String(token), path });
    await call('grant', `user:${name}`, 'viewer', 'desk');
    return openIdentity(path) as CurrentIdentity;
  }

  async function serve(identity: CurrentIdentity): Promise<RpcServer> {
    server = await RpcServer.start({
      ...{ identity, objects: { desk }, log: silentLog, listen: '127.0.0.1:0' },
      stateDir: scratch.file('web1'),
      nameServer: address,
    });
    return server;
  }

  function deskOf(at: string, identity: CurrentIdentity): ObjectClient {
    return connectOver(secureTransport({ identity }), at, { principal: 'host:web1' });
  }

  async function backUp(file: string): Promise<void> {
    await writeFile(file, (await nameServer.authority?.backup()) ?? '');
  }

  /** Replaces the registry by the backup while the name server is off, and starts it again at its address. */
  async function restore(file: string): Promise<void> {
    await nameServer[Symbol.asyncDispose]();
    await restoreRegistry({ file, stateDir: scratch.file('names') });
    await startNames(address);
  }

  it('from a backup lets nobody back in who was revoked since, and says so', async () => {
    const host = await joined('web1');
    const other = await joined('web2');
    const [alice, bob] = [await loggedIn('alice'), await loggedIn('bob')];
    const { address: at } = await serve(host);
    const file = scratch.file('backup');
    await backUp(file);
    await call('disable_user', 'alice');
    await call('revoke', 'host:web2');
    await using ofAlice = deskOf(at, alice);
    await eventually(() => refusal(ofAlice.proxy<Desk>('desk').who(), 'CERTIFICATE_REVOKED'));
    // From here on alice never gets in, whatever happens.
    const over = new AbortController();
    const trying = (async () => {
      while (!over.signal.aborted) {
        await using again = deskOf(at, alice);
        await refusal(again.proxy<Desk>('desk').who(), 'CERTIFICATE_REVOKED');
      }
    })();
    await using early = connectOver(secureTransport({ identity: alice }), address, {
      principal: 'nameserver',
    });
    await restore(file);
    // Not at the name server either, as long as nobody has told it.
    const answer = await refusal(early.call('identity', 'can_i', ['desk', 'who'], inTime));
    expect(answer.reason).to.be.oneOf(['CALLER_UNKNOWN', 'CERTIFICATE_REVOKED']);
    await using ofOther = connectOver(secureTransport({ identity: other }), address);
    const registering = ofOther.call('nameserver', 'register', [
      'server-2',
      '127.0.0.1:1',
      [{ name: 'desk' }],
    ]);
    const refused = await refusal(registering);
    expect(refused.reason).to.be.oneOf(['REGISTRATIONS_HELD', 'CERTIFICATE_REVOKED']);
    await eventually(async () => {
      expect(await call('show_authority'))
        .to.have.property('revocationsTaken')
        .with.length(2);
    }, 10_000);
    over.abort();
    await trying;
    const users = (await call('list_users')) as unknown as { name: string; state: string }[];
    expect(users.find(({ name }) => name === 'alice')).to.include({ state: 'disabled' });
    const hosts = (await call('list_hosts')) as unknown as {
      name: string;
      state: string;
      problem?: string;
    }[];
    const web2 = hosts.find(({ name }) => name === 'web2');
    expect(web2).to.include({ state: 'revoked' });
    expect(web2?.problem).to.contain('revoked again: host:web1 had seen that');
    expect(log.lines.map(({ message }) => message)).to.include(
      'took over a revocation that this store did not know: it is older, as from a backup',
    );
    await using names = connectOver(secureTransport({ identity: other }), address, {
      principal: 'nameserver',
    });
    await refusal(names.call('identity', 'can_i', ['desk', 'who']), 'CERTIFICATE_REVOKED');
    await using ofBob = deskOf(at, bob);
    expect(await ofBob.proxy<Desk>('desk').who()).to.equal('user:bob');
  });

  it('from a backup knows no revocation that no server has seen, and no host that came since', async () => {
    const alice = await loggedIn('alice');
    const file = scratch.file('backup');
    await backUp(file);
    await call('disable_user', 'alice');
    const late = await joined('web1');
    await restore(file);
    // Nobody could tell: what docs/operations/authority.md says to do meanwhile.
    await using names = connectOver(secureTransport({ identity: alice }), address, {
      principal: 'nameserver',
    });
    await refusal(names.call('identity', 'can_i', ['desk', 'who'], inTime), 'CALLER_UNKNOWN');
    await nameServer.authority?.endHold(); // after 15 s
    expect(await names.call('identity', 'whoami', [])).to.include({ principal: 'user:alice' });
    await using ofLate = connectOver(secureTransport({ identity: late }), address, {
      principal: 'nameserver',
    });
    await refusal(ofLate.call('identity', 'can_i', ['desk', 'who'], inTime), 'CALLER_UNKNOWN');
  });

  it('on another machine, at another address, has the same hosts and users', async () => {
    const host = await joined('web1');
    const alice = await loggedIn('alice');
    await serve(host);
    await server?.close();
    const file = scratch.file('backup');
    await backUp(file);
    await nameServer[Symbol.asyncDispose]();
    const stateDir = scratch.file('moved');
    const { keyFingerprint } = await restoreRegistry({ file, stateDir });
    const missing = await refusal(startNames('127.0.0.1:0', 'moved'));
    expect(missing.message).to.contain(keyFingerprint);
    await copyFile(scratch.file('names', 'cluster.key'), scratch.file('moved', 'cluster.key'));
    await startNames('127.0.0.1:0', 'moved');
    await nameServer.authority?.endHold(); // after 15 s
    const { address: at } = await serve(host);
    await eventually(() => server?.registered === true);
    await using client = deskOf(at, alice);
    expect(await client.proxy<Desk>('desk').who()).to.equal('user:alice');
  });
});
