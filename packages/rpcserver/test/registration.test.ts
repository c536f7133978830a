import { expect } from 'chai';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

import { grpcTransport } from '@patchbay/grpc/client';
import { nameServerError } from '@patchbay/nameserver';
import { TestNameServer } from '@patchbay/nameserver/testing';
import { type Clock, systemClock } from '@patchbay/objects';
import { eventually, FakeClock, RecordingLog } from '@patchbay/objects/testing';
import { Registration, type RegistrationOptions } from '@patchbay/session/client';

const ttlMs = 9_000;

function register(nameServer: string, options: Partial<RegistrationOptions> = {}): Registration {
  return Registration.start({
    nameServer,
    transport: grpcTransport,
    serverId: 'server-1',
    address: '127.0.0.1:7441',
    claims: [{ name: 'a' }, { name: 'b' }],
    ttlMs,
    clock: systemClock,
    log: new RecordingLog(),
    ...options,
  });
}

function warnings(log: RecordingLog): string[] {
  return log.lines.filter(({ level }) => level === 'warn' || level === 'error').map(({ message }) => message);
}

/** A loopback port without a name server: it never answers, or closes each connection at once. */
class Impostor implements AsyncDisposable {
  connections = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(manner: 'silent' | 'hangs up') {
    this.#server = createServer((socket) => {
      this.connections++;
      socket.on('error', () => undefined);
      if (manner === 'hangs up') {
        socket.destroy();
      } else {
        this.#sockets.add(socket);
      }
    });
  }

  /** Listens, on a free port unless one is given, and returns the address. */
  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return `127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#sockets.forEach((socket) => socket.destroy());
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Returns an address on which nobody listens. */
async function freeAddress(): Promise<string> {
  await using nobody = new Impostor('silent');
  return await nobody.listen();
}

describe('A registration', () => {
  it('registers all its names under one lease', async () => {
    await using nameServer = await TestNameServer.start();
    await using registration = register(nameServer.address);
    await eventually(() => registration.registered);
    const { names } = await nameServer.registry.list({});
    expect(names.map(({ name }) => name)).to.deep.equal(['a', 'b']);
    expect(new Set(names.map(({ endpoints }) => endpoints[0]?.leaseId)).size).to.equal(1);
    expect(names[0]?.endpoints[0]).to.include({ address: '127.0.0.1:7441', serverId: 'server-1' });
  });

  it('registers each hundred of its names under a lease of their own', async () => {
    await using nameServer = await TestNameServer.start();
    const claims = Array.from({ length: 250 }, (_, index) => ({
      name: `n${String(index).padStart(3, '0')}`,
    }));
    const registration = register(nameServer.address, { claims });
    await eventually(() => registration.registered);
    expect((await nameServer.registry.info()).leases).to.equal(3);
    await registration.change({
      add: Array.from({ length: 120 }, (_, index) => ({ name: `m${String(index)}` })),
      remove: claims.slice(0, 80).map(({ name }) => name),
    });
    expect(registration.registered).to.be.true;
    const { names, leases } = await nameServer.registry.info();
    expect([names, leases]).to.deep.equal([290, 3]);
    await registration.change({
      add: Array.from({ length: 20 }, (_, index) => ({ name: `o${String(index)}` })),
    });
    expect((await nameServer.registry.info()).leases).to.equal(4);
    await registration[Symbol.asyncDispose]();
    expect(await nameServer.names()).to.deep.equal([]);
  });

  it('keeps the names of its other leases while one of a hundred is taken', async () => {
    await using nameServer = await TestNameServer.start();
    const claims = Array.from({ length: 150 }, (_, index) => ({
      name: `n${String(index).padStart(3, '0')}`,
    }));
    await nameServer.registry.register('other', '127.0.0.1:1', [{ name: 'n149' }], { ttlMs: 60_000 });
    await using registration = register(nameServer.address, { claims, ttlMs: 1_000 });
    const renewals = nameServer.called('keep_alive');
    await eventually(() => nameServer.called('keep_alive') >= renewals + 3);
    expect(registration.registered).to.be.false;
    expect((await nameServer.registry.info()).names).to.equal(101);
    await nameServer.registry.remove('n149');
    await eventually(() => registration.registered);
  });

  it('renews its lease at a third of its time', async () => {
    await using nameServer = await TestNameServer.start();
    const clock = new FakeClock();
    await using registration = register(nameServer.address, { clock });
    await eventually(() => registration.registered);
    await clock.advance(ttlMs / 3 - 1);
    expect(nameServer.called('keep_alive')).to.equal(0);
    await clock.advance(1);
    await eventually(() => nameServer.called('keep_alive') === 1);
    expect(nameServer.called('register')).to.equal(1);
  });

  it('registers again when the name server no longer knows its lease', async () => {
    await using nameServer = await TestNameServer.start();
    const clock = new FakeClock();
    const log = new RecordingLog();
    await using registration = register(nameServer.address, { clock, log });
    await eventually(() => registration.registered);
    const { endpoints } = await nameServer.registry.lookup('a');
    await nameServer.registry.unregister(endpoints[0]!.leaseId!);
    await clock.advance(ttlMs / 3);
    await eventually(async () => {
      await clock.advance(0);
      return (await nameServer.names()).length === 2;
    });
    expect(warnings(log)).to.deep.equal(['the name server no longer knows the lease; registering again']);
  });

  it('registers again when the name server says that its lease is another’s', async () => {
    await using nameServer = await TestNameServer.start();
    const clock = new FakeClock();
    const log = new RecordingLog();
    await using registration = register(nameServer.address, { clock, log });
    await eventually(() => registration.registered);
    nameServer.failOnce(
      'keep_alive',
      nameServerError('LEASE_NOT_OWNED', 'of a principal that this server was'),
    );
    await clock.advance(ttlMs / 3);
    await eventually(async () => {
      await clock.advance(0);
      return nameServer.called('register') === 2;
    });
    expect(warnings(log)).to.deep.equal(['the name server no longer knows the lease; registering again']);
  });

  it('waits for a name server that is not running yet, and warns once', async () => {
    await using nameServer = await TestNameServer.start();
    await nameServer.stop();
    const log = new RecordingLog();
    await using registration = register(nameServer.address, { log });
    await eventually(() => warnings(log).length > 0);
    await nameServer.start();
    await eventually(() => registration.registered);
    expect(await nameServer.names()).to.deep.equal(['a', 'b']);
    expect(warnings(log)).to.have.length(1);
  });

  for (const [state, lose] of [
    ['kept', false],
    ['lost', true],
  ] as const) {
    it(`recovers by itself after the name server was away and ${state} its state`, async () => {
      await using nameServer = await TestNameServer.start();
      const log = new RecordingLog();
      await using registration = register(nameServer.address, { log, ttlMs: 1_000 });
      await eventually(() => registration.registered);
      await nameServer.stop();
      await eventually(() => warnings(log).length > 0);
      if (lose) {
        await nameServer.loseState();
      }
      await nameServer.start();
      const renewals = nameServer.called('keep_alive');
      await eventually(() => nameServer.called('keep_alive') >= renewals + 2);
      expect(await nameServer.names()).to.deep.equal(['a', 'b']);
      expect(log.lines.at(-1)).to.include({ level: 'info' });
      expect(nameServer.called('register')).to.equal(lose ? 2 : 1);
    });
  }

  it('retries less and less often while it is refused, never in step with others', async () => {
    await using nameServer = await TestNameServer.start();
    await nameServer.registry.register('server-2', '127.0.0.1:7442', [{ name: 'b' }]);
    const pauses: number[] = [];
    const clock: Clock = {
      ...systemClock,
      sleep: (ms, options = {}) => {
        if (options.background === true) {
          return systemClock.sleep(ms, options); // a deadline of the client under it
        }
        pauses.push(ms);
        return systemClock.sleep(pauses.length > 7 ? 60_000 : 0, options);
      },
    };
    const log = new RecordingLog();
    await using registration = register(nameServer.address, { clock, log });
    await eventually(() => pauses.length > 7);
    expect(registration.registered).to.be.false;
    const nominal = [200, 400, 800, 1_600, 3_000, 3_000, 3_000, 3_000];
    pauses.forEach((pauseMs, index) => {
      expect(pauseMs).to.be.within(nominal[index]! * 0.5, nominal[index]! * 1.5);
    });
    expect(new Set(pauses.map((ms, index) => ms / nominal[index]!)).size).to.equal(pauses.length);
    expect(warnings(log)).to.have.length(1);
  });

  it('warns once while the name server is away, however it fails', async () => {
    const address = await freeAddress();
    const log = new RecordingLog();
    await using registration = register(address, { log });
    await eventually(() => warnings(log).length > 0);
    await using impostor = new Impostor('hangs up');
    await impostor.listen(Number(address.split(':')[1]));
    await eventually(() => impostor.connections > 3);
    expect(registration.registered).to.be.false;
    expect(warnings(log)).to.deep.equal(['the name server does not respond; retrying until it does']);
  });

  it('learns who owns a name that is taken, and takes it as soon as it is free', async () => {
    await using nameServer = await TestNameServer.start();
    const other = await nameServer.registry.register('server-2', '127.0.0.1:7442', [{ name: 'b' }]);
    const log = new RecordingLog();
    await using registration = register(nameServer.address, { log });
    await eventually(() => warnings(log).length > 0);
    expect(String(log.lines.find(({ level }) => level === 'warn')?.fields.error)).to.match(
      /"b" belongs to server "server-2" at 127\.0\.0\.1:7442/,
    );
    expect(await nameServer.names(), 'all names or none').to.deep.equal(['b']);
    await nameServer.registry.unregister(other.leaseId);
    await eventually(() => registration.registered);
    expect(await nameServer.names()).to.deep.equal(['a', 'b']);
    expect(warnings(log)).to.have.length(1);
  });

  it('takes over its names at once from an earlier process with the same id', async () => {
    await using nameServer = await TestNameServer.start();
    await nameServer.registry.register('server-1', '127.0.0.1:1111', [{ name: 'a' }, { name: 'b' }]);
    await using registration = register(nameServer.address);
    await eventually(() => registration.registered);
    expect(await nameServer.addressOf('b')).to.equal('127.0.0.1:7441');
  });

  it('shares a name with other servers that share it', async () => {
    await using nameServer = await TestNameServer.start();
    const claims = [{ name: 'a', shared: true }];
    await using one = register(nameServer.address, { claims });
    await using two = register(nameServer.address, {
      claims,
      serverId: 'server-2',
      address: '127.0.0.1:7442',
    });
    await eventually(() => one.registered && two.registered);
    const { endpoints } = await nameServer.registry.lookup('a');
    expect(endpoints.map(({ address }) => address)).to.deep.equal(['127.0.0.1:7441', '127.0.0.1:7442']);
  });

  it('gives up a name that another server took on purpose, keeps the others, and reports it once', async () => {
    await using nameServer = await TestNameServer.start();
    const log = new RecordingLog();
    const claims = [{ name: 'a', replace: true }, { name: 'b' }];
    await using one = register(nameServer.address, { claims, ttlMs: 1_000, log });
    await eventually(() => one.registered);
    await using two = register(nameServer.address, {
      claims: [{ name: 'a', replace: true }],
      serverId: 'server-2',
      address: '127.0.0.1:7442',
    });
    await eventually(() => two.registered && warnings(log).length > 0);
    const renewals = nameServer.called('keep_alive');
    await eventually(() => nameServer.called('keep_alive') >= renewals + 2);
    expect(await nameServer.addressOf('a')).to.equal('127.0.0.1:7442');
    expect(await nameServer.addressOf('b')).to.equal('127.0.0.1:7441');
    expect(log.lines.filter(({ level }) => level === 'warn')).to.have.length(1);
    expect(log.lines.find(({ level }) => level === 'warn')).to.deep.include({
      message: 'names were taken from this server; it does not register them again',
      fields: { names: ['a'] },
    });
    // Not even when it has to register again.
    const { endpoints } = await nameServer.registry.lookup('b');
    await nameServer.registry.unregister(endpoints[0]!.leaseId!);
    await eventually(async () => (await nameServer.names()).includes('b'));
    expect(await nameServer.addressOf('a')).to.equal('127.0.0.1:7442');
  });

  it('replaces once: after its lease expired it takes nothing from the owner at that time', async () => {
    await using nameServer = await TestNameServer.start();
    const log = new RecordingLog();
    const claims = [{ name: 'a', replace: true }];
    await using one = register(nameServer.address, { claims, ttlMs: 1_000, log });
    await eventually(() => one.registered);
    await nameServer.registry.unregister((await nameServer.registry.lookup('a')).endpoints[0]!.leaseId!);
    await nameServer.registry.register('server-2', '127.0.0.1:7442', [{ name: 'a' }]);
    await eventually(() =>
      warnings(log).includes('the name server refuses the names; retrying until it accepts them'),
    );
    expect(await nameServer.addressOf('a')).to.equal('127.0.0.1:7442');
  });

  it('claims other names, while those in both sets stay registered', async () => {
    await using nameServer = await TestNameServer.start();
    await using registration = register(nameServer.address);
    await eventually(() => registration.registered);
    await registration.change({ add: [{ name: 'c' }], remove: ['a'] });
    expect(registration.registered).to.be.true;
    const { names } = await nameServer.registry.list({});
    expect(names.map(({ name }) => name)).to.deep.equal(['b', 'c']);
    expect(new Set(names.map(({ endpoints }) => endpoints[0]?.leaseId)).size).to.equal(1);
  });

  it('keeps its names while another one that it claims is taken', async () => {
    await using nameServer = await TestNameServer.start();
    const log = new RecordingLog();
    await using registration = register(nameServer.address, { log, ttlMs: 1_000 });
    await eventually(() => registration.registered);
    const { leaseId } = await nameServer.registry.register('other', '127.0.0.1:1', [{ name: 'c' }], {
      ttlMs: 60_000,
    });
    await registration.change({ add: [{ name: 'c' }] });
    expect(registration.registered).to.be.false;
    const renewals = nameServer.called('keep_alive');
    await eventually(() => nameServer.called('keep_alive') >= renewals + 3);
    expect(await nameServer.addressOf('a')).to.equal('127.0.0.1:7441');
    await nameServer.registry.unregister(leaseId);
    await eventually(() => registration.registered);
    expect(await nameServer.addressOf('c')).to.equal('127.0.0.1:7441');
    expect(warnings(log)).to.deep.equal([
      'the name server refuses the names; retrying until it accepts them',
    ]);
  });

  it('claims further names, but none that was taken from it', async () => {
    await using nameServer = await TestNameServer.start();
    let lost: readonly string[] = [];
    await using registration = register(nameServer.address, {
      ttlMs: 1_000,
      onLost: (names) => {
        lost = names;
      },
    });
    await eventually(() => registration.registered);
    await nameServer.registry.register('other', '127.0.0.1:1', [{ name: 'a', replace: true }], {
      ttlMs: 60_000,
    });
    await eventually(() => lost.length > 0);
    await registration.change({ add: [{ name: 'c' }] });
    expect(registration.registered).to.be.true;
    expect(await nameServer.addressOf('a')).to.equal('127.0.0.1:1');
    expect(await nameServer.addressOf('c')).to.equal('127.0.0.1:7441');
  });

  it('does not report its names as registered while the name server is away', async () => {
    await using nameServer = await TestNameServer.start();
    const changes: boolean[] = [];
    await using registration = register(nameServer.address, {
      ttlMs: 1_000,
      onChange: (registered) => changes.push(registered),
    });
    await eventually(() => registration.registered);
    await nameServer.stop();
    await eventually(() => !registration.registered);
    await nameServer.start();
    await eventually(() => registration.registered);
    expect(changes).to.deep.equal([true, false, true]);
  });

  it('unregisters its names when it is closed', async () => {
    await using nameServer = await TestNameServer.start();
    const registration = register(nameServer.address);
    await eventually(() => registration.registered);
    await registration[Symbol.asyncDispose]();
    expect(await nameServer.names()).to.deep.equal([]);
  });

  it('unregisters its names when it is closed while it registers', async () => {
    await using nameServer = await TestNameServer.start();
    const registration = register(nameServer.address);
    await registration[Symbol.asyncDispose]();
    expect(await nameServer.names()).to.deep.equal([]);
  });

  it('ends within seconds while the name server is away', async () => {
    await using nameServer = await TestNameServer.start();
    const log = new RecordingLog();
    const registration = register(nameServer.address, { log });
    await eventually(() => registration.registered);
    await nameServer.stop();
    const startedAt = performance.now();
    await registration[Symbol.asyncDispose]();
    expect(performance.now() - startedAt).to.be.below(4_000);
    expect(warnings(log)).to.deep.equal([
      'cannot unregister the names; they disappear when their lease expires',
    ]);
  });

  it('ends within seconds while the name server does not answer', async () => {
    await using silent = new Impostor('silent');
    const registration = register(await silent.listen());
    await eventually(() => silent.connections > 0);
    const startedAt = performance.now();
    await registration[Symbol.asyncDispose]();
    expect(performance.now() - startedAt).to.be.below(5_000);
  });
}).timeout(60_000);
