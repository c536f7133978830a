import { expect } from 'chai';
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';

import { connectTo } from '@patchbay/grpc/client';
import { type NameServerMethods, nameServerObject, parseTcpAddress } from '@patchbay/objects';
import { eventually, refusal } from '@patchbay/objects/testing';
import type { ObjectClient, RemoteObject } from '@patchbay/session/client';

import { NameServerProcess } from '../commands/name-server-process.js';
import { run, scratchDirectory, start } from '../commands/programs.js';

// What breaks name servers of other frameworks, each shown not to break this one, in a process of its own.

const hourMs = 3_600_000;

describe('A name server, where others break,', function () {
  this.timeout(120_000);
  let directory: Awaited<ReturnType<typeof scratchDirectory>>;
  let nameServer: NameServerProcess;
  let client: ObjectClient;
  let names: RemoteObject<NameServerMethods>;

  before(async () => {
    directory = await scratchDirectory();
    nameServer = await NameServerProcess.start(directory.path);
    client = connectTo(nameServer.address);
    names = client.proxy<NameServerMethods>(nameServerObject);
    await names.register('steady', '127.0.0.1:7441', [{ name: 'steady' }], { ttlMs: hourMs });
  });
  after(async () => {
    await client[Symbol.asyncDispose]();
    await nameServer[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  });

  /** Looks a name up many times, and returns how long the slowest took, in milliseconds. */
  async function slowestLookup(times: number): Promise<number> {
    let slowestMs = 0;
    for (let index = 0; index < times; index += 1) {
      const startedMs = performance.now();
      await names.lookup('steady');
      slowestMs = Math.max(slowestMs, performance.now() - startedMs);
    }
    return slowestMs;
  }

  async function listed(options: { prefix?: string; glob?: string; regex?: string }): Promise<string[]> {
    return (await names.list({ ...options, limit: 1000 })).names.map(({ name }) => name);
  }

  it('answers quickly while 1,000 connections are idle (Pyro refuses at 40, and hangs at 41)', async () => {
    const idle: Socket[] = [];
    try {
      const { host, port } = parseTcpAddress(nameServer.address);
      for (let index = 0; index < 1000; index += 1) {
        const socket = createConnection({ host, port });
        socket.on('error', () => undefined); // it closes with the name server
        await once(socket, 'connect');
        idle.push(socket);
      }
      expect(await slowestLookup(200)).to.be.below(1000);
      // A client that comes after them is served as well.
      await using late = connectTo(nameServer.address);
      const record = await late.proxy<NameServerMethods>(nameServerObject).lookup('steady');
      expect(record.name).to.equal('steady');
      expect(idle.filter((socket) => !socket.destroyed)).to.have.length(1000);
    } finally {
      idle.forEach((socket) => socket.destroy());
    }
  });

  it('answers quickly while 1,000 sessions are idle (RPyC: one blocks discovery)', async () => {
    const idle: ObjectClient[] = [];
    try {
      for (let index = 0; index < 1000; index += 1) {
        const other = connectTo(nameServer.address);
        idle.push(other);
        await other.proxy<NameServerMethods>(nameServerObject).lookup('steady');
      }
      expect(await slowestLookup(200)).to.be.below(1000);
    } finally {
      await Promise.all(idle.map((other) => other[Symbol.asyncDispose]()));
    }
  });

  it('is not hung by a regular expression (Pyro: (x+x+)+y over 28 letters stalls all for seconds)', async () => {
    const evil = 'x'.repeat(28);
    await names.register('evil', '127.0.0.1:7442', [{ name: evil }], { ttlMs: hourMs });
    const startedMs = performance.now();
    const [found, slowestMs] = await Promise.all([listed({ regex: '(x+x+)+y' }), slowestLookup(50)]);
    expect(found).to.deep.equal([]);
    expect(slowestMs).to.be.below(1000);
    expect(performance.now() - startedMs).to.be.below(3000);
  });

  it('refuses a second owner of a name and names the first (Pyro: the second takes it silently)', async () => {
    await names.register('first', '127.0.0.1:7443', [{ name: 'owned' }], { ttlMs: hourMs });
    const error = await refusal(
      names.register('second', '127.0.0.1:7444', [{ name: 'owned' }], { ttlMs: hourMs }),
      'NAME_TAKEN',
    );
    expect(error.details).to.include({ serverId: 'first', address: '127.0.0.1:7443' });
    expect((await names.lookup('owned')).endpoints[0]?.serverId).to.equal('first');
  });

  it('lets a server remove its own names alone, and tells an owner whose name an operator removed', async () => {
    // Pyro: anyone may remove a name, and its owner never learns of it.
    const { leaseId } = await names.register('kept', '127.0.0.1:7445', [{ name: 'kept' }], { ttlMs: hourMs });
    const other = await names.register('other', '127.0.0.1:7446', [{ name: 'others' }], { ttlMs: hourMs });
    await names.unregister(other.leaseId);
    expect((await names.lookup('kept')).endpoints[0]?.serverId).to.equal('kept');

    const environment = { PATCHBAY_NAMESERVER: nameServer.address };
    const removal = await run('nameserver', ['remove', 'kept', '--yes'], environment);
    expect(removal.status, removal.stderr).to.equal(0);
    expect((await names.keep_alive(leaseId)).lost).to.deep.equal(['kept']);
  });

  for (const signal of ['SIGKILL', 'SIGSTOP'] as const) {
    it(`removes a server's names soon after ${signal}, and no others (Pyro: 24 s, and only if the port is closed; RPyC: never)`, async () => {
      const environment = { PATCHBAY_NAMESERVER: nameServer.address };
      const name = `dead.${signal.toLowerCase()}`;
      // The address is open: it is the name server's own. What counts is whether the server renews its lease.
      const words = ['register', name, nameServer.address, '--ttl', '1s'];
      const server = start('nameserver', words, environment);
      try {
        await eventually(() => {
          expect(server.said.stderr).to.include('registered the names');
        }, 20_000);
        server.child.kill(signal);
        const diedMs = performance.now();
        await eventually(async () => {
          expect(await listed({ prefix: 'dead.' })).to.deep.equal([]);
        }, 10_000);
        expect(performance.now() - diedMs).to.be.below(5000);
        expect(await listed({ prefix: 'steady' })).to.deep.equal(['steady']);
      } finally {
        server.child.kill('SIGKILL');
        await server.ended;
      }
    });
  }

  it('goes on sweeping whatever addresses there are (Pyro: one of a unix socket kills autoclean)', async () => {
    const claims = (name: string) => [{ name }];
    await refusal(names.register('odd', './u:/tmp/socket', claims('odd.unix')), 'ADDRESS_INVALID');
    await names.register('odd', '[::1]:1', claims('odd.v6'), { ttlMs: 1000 });
    await names.register('odd2', 'no-such-host.invalid:9', claims('odd.host'), { ttlMs: 1000 });
    const before = (await names.info()).leases;
    await eventually(async () => {
      expect(await listed({ prefix: 'odd.' })).to.deep.equal([]);
      expect((await names.info()).leases).to.be.below(before);
    }, 10_000);
  });

  it('matches names by their letters, in upper and lower case (Pyro: by SQL LIKE)', async () => {
    const all = ['LIKE.Abc', 'LIKE.a-c', 'LIKE.a_c', 'LIKE.abc', 'like.abc'];
    const claims = all.map((name) => ({ name }));
    await names.register('like', '127.0.0.1:7447', claims, { ttlMs: hourMs });
    expect(await listed({ prefix: 'LIKE.' })).to.deep.equal(all.slice(0, 4));
    expect(await listed({ prefix: 'LIKE.a_' })).to.deep.equal(['LIKE.a_c']);
    expect(await listed({ prefix: 'LIKE.%' })).to.deep.equal([]);
    expect(await listed({ prefix: "LIKE'" })).to.deep.equal([]);
    expect(await listed({ glob: 'LIKE.a_c' })).to.deep.equal(['LIKE.a_c']);
    expect(await listed({ regex: 'LIKE\\.a_c' })).to.deep.equal(['LIKE.a_c']);
    await refusal(names.lookup('LIKE.ABC'), 'OBJECT_NOT_FOUND');
    await refusal(names.lookup('LIKE.a%c'), 'ARGUMENT_INVALID');
  });

  it('lists 200 servers as well as one (RPyC: 120 overflow a datagram)', async () => {
    const servers = Array.from({ length: 200 }, (_, index) => `many.s${String(index).padStart(3, '0')}`);
    await Promise.all(
      servers.map((name, index) =>
        names.register(name, `127.0.0.1:${String(8000 + index)}`, [{ name }], { ttlMs: hourMs }),
      ),
    );
    expect(await listed({ prefix: 'many.' })).to.deep.equal(servers);
    const shared = servers.map((serverId, index) =>
      names.register(serverId, `127.0.0.1:${String(8000 + index)}`, [{ name: 'pool', shared: true }], {
        ttlMs: hourMs,
      }),
    );
    await Promise.all(shared);
    expect((await names.lookup('pool')).endpoints).to.have.length(200);
  });
});
