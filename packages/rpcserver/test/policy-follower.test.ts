import type { Client, ServiceError } from '@grpc/grpc-js';
import { expect } from 'chai';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { grpcTransport } from '@patchbay/grpc/client';
import { type CurrentIdentity, enrol, openIdentity, secureTransport } from '@patchbay/grpc/secure';
import { dial } from '@patchbay/grpc/testing';
import { initAuthority, type NameServer, startNameServer } from '@patchbay/nameserver';
import { type SignaturesOf, silentLog } from '@patchbay/objects';
import { defineObject, method } from '@patchbay/objects/define';
import { eventually, FakeClock, refusal, Scratch } from '@patchbay/objects/testing';
import { connectOver, type ObjectClient, type RemoteObject } from '@patchbay/session/client';

import { hostIdentity, joinHost } from '../src/join-host.js';
import { RpcServer } from '../src/rpc-server.js';
import { waiting, who } from './desk.js';

const hourMs = 3_600_000;

const desk = defineObject({
  summary: 'A desk',
  methods: {
    who,
    wait: method({ ...waiting, access: 'view' }),
  },
});

type Desk = RemoteObject<SignaturesOf<typeof desk>>;

/** A call of somebody who may be known in a moment is repeated for as long as it may take. */
const inTime = { timeoutMs: 1_000 };

interface Health extends Client {
  Check(
    request: object,
    callback: (error: ServiceError | null, answer: { readonly status: number }) => void,
  ): void;
}

const require = createRequire(import.meta.url);
const healthProto = join(dirname(require.resolve('grpc-health-check')), '../../proto/health/v1/health.proto');

describe('A server that hears no authority', function () {
  this.timeout(30_000);
  let scratch: Scratch;
  let clock: FakeClock;
  let nameServer: NameServer;
  let identity: CurrentIdentity;
  let alice: CurrentIdentity;
  let server: RpcServer;
  let clients: ObjectClient[];

  async function startNames(listen = '127.0.0.1:0'): Promise<void> {
    const socket = `unix:${scratch.file('run', 'socket')}`;
    const stateDir = scratch.file('names');
    nameServer = await startNameServer({
      listen: [listen, socket],
      stateDir,
      log: silentLog,
      version: '1.2.3',
    });
  }

  async function startServer(): Promise<void> {
    const stateDir = scratch.file('web1');
    const starting = RpcServer.start({
      ...{ identity, stateDir, clock, log: silentLog, objects: { 'desk.web1': desk } },
      listen: ['127.0.0.1:0', `unix:${stateDir}/socket`],
      nameServer: nameServer.address,
      // A connection outlives the hours that a test lets pass at once.
      keepalive: { intervalMs: hourMs, timeoutMs: hourMs },
    });
    server = await passing(starting);
  }

  /** Lets time pass until something is done that waits by the clock for a name server that is gone. */
  async function passing<T>(done: Promise<T>): Promise<T> {
    let isDone = false;
    void done.finally(() => {
      isDone = true;
    });
    await eventually(async () => {
      await clock.advance(1_000);
      return isDone;
    });
    return await done;
  }

  /** Connects to the server as a user, or through the socket file. */
  function connect(by: 'alice' | 'socket'): Desk {
    const [address, socket] = server.addresses as [string, string];
    const client =
      by === 'socket'
        ? connectOver(grpcTransport, socket)
        : connectOver(secureTransport({ identity: alice }), address, { principal: 'host:web1' });
    clients.push(client);
    return client.proxy<SignaturesOf<typeof desk>>('desk.web1');
  }

  /** Returns what a probe of health is answered: 1 for SERVING, 2 for NOT_SERVING. */
  async function health(): Promise<number> {
    const probe = dial<Health>(server.addresses[1] ?? '', healthProto, 'grpc.health.v1.Health');
    try {
      return await new Promise((resolve, reject) => {
        probe.Check({ service: 'patchbay.identity' }, (error, answer) => {
          if (error === null) {
            resolve(answer.status);
          } else {
            reject(error);
          }
        });
      });
    } finally {
      probe.close();
    }
  }

  beforeEach(async () => {
    scratch = await Scratch.make();
    clock = new FakeClock(Date.now());
    clients = [];
    await initAuthority({ stateDir: scratch.file('names'), name: 'ns1', log: silentLog });
    await startNames();
    await using local = connectOver(grpcTransport, nameServer.addresses[1] ?? '');
    const call = (name: string, ...args: readonly unknown[]): Promise<{ token: string }> =>
      local.call('identity', name, args) as Promise<{ token: string }>;
    const { address } = nameServer;
    const ofHost = await call('create_token', 'host', 'web1');
    await joinHost({ address, token: ofHost.token, stateDir: scratch.file('web1') });
    identity = hostIdentity(scratch.file('web1')) as CurrentIdentity;
    const ofUser = await call('create_user', 'alice');
    await enrol({ kind: 'user', address, token: ofUser.token, path: scratch.file('alice.json') });
    alice = openIdentity(scratch.file('alice.json')) as CurrentIdentity;
    await call('grant', 'user:alice', 'viewer', 'desk*');
    await startServer();
    const proxy = connect('alice');
    expect(await eventually(() => proxy.who())).to.equal('user:alice');
    const file = scratch.file('web1', 'policy.json');
    await eventually(() => existsSync(file) && readFileSync(file, 'utf8').includes('user:alice'));
  });
  afterEach(async () => {
    await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
    await passing(server.close());
    await nameServer[Symbol.asyncDispose]();
    await scratch.close();
  });

  it('says so in health after two minutes, lets in only local after a day, and all when it hears again', async () => {
    expect(await health()).to.equal(1);
    await nameServer[Symbol.asyncDispose]();
    await clock.standStill(125_000);
    expect(await health()).to.equal(1);
    await clock.standStill(10_000);
    expect(await health()).to.equal(2);
    const before = connect('alice');
    const running = refusal(before.wait());
    expect(await before.who()).to.equal('user:alice');
    await clock.standStill(23 * hourMs);
    expect(await before.who(), 'for a day').to.equal('user:alice');
    await clock.standStill(hourMs);
    expect((await running).reason).to.equal('PERMISSION_REVOKED');
    const refused = await refusal(connect('alice').with(inTime).who());
    expect(refused).to.include({ code: 'UNAUTHENTICATED', reason: 'CALLER_UNKNOWN' });
    expect(refused.message).to.include('for 24 h');
    expect(await connect('socket').who()).to.equal('local');

    await startNames(nameServer.address);
    await eventually(async () => {
      await clock.advance(5_000);
      return (await connect('alice').who()) === 'user:alice';
    });
    await eventually(async () => {
      await clock.advance(5_000); // until the certificate, which has ended, is renewed, too
      return (await health()) === 1;
    });
  });

  for (const [hours, isKnown] of [
    [23, true],
    [25, false],
  ] as const) {
    it(`that starts with a policy of ${String(hours)} h ago ${isKnown ? 'knows' : 'does not know'} its users`, async () => {
      await nameServer[Symbol.asyncDispose]();
      await passing(server.close());
      clock.setWall(clock.now() + hours * hourMs);
      await startServer();
      const proxy = connect('alice');
      if (isKnown) {
        expect(await proxy.who()).to.equal('user:alice');
        await clock.standStill(hourMs + 1);
      }
      expect((await refusal(connect('alice').with(inTime).who())).reason).to.equal('CALLER_UNKNOWN');
      expect(await connect('socket').who()).to.equal('local');
    });
  }

  it('starts without a policy that is torn, and knows nobody until it hears who they are', async () => {
    await nameServer[Symbol.asyncDispose]();
    await passing(server.close());
    const file = scratch.file('web1', 'policy.json');
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, 200));
    await startServer();
    const refused = await refusal(connect('alice').with(inTime).who());
    expect(refused.reason).to.equal('CALLER_UNKNOWN');
    expect(refused.message).to.include('yet who its callers are');
    await startNames(nameServer.address);
    await eventually(async () => {
      await clock.advance(5_000);
      return (await connect('alice').who()) === 'user:alice';
    });
    expect(readFileSync(file, 'utf8')).to.include('user:alice');
  });
});
