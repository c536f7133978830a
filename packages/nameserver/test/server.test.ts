import { expect } from 'chai';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type NameServer, startNameServer } from '@patchbay/nameserver';
import { type CallObserver, type Clock, type Interceptor, silentLog } from '@patchbay/objects';
import { FakeClock, refusal } from '@patchbay/objects/testing';

import { claims } from './opened-registry.js';
import { withNameServer } from './plain-client.js';

describe('A name server', () => {
  let stateDir: string;

  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'patchbay-nameserver-'));
  });
  afterEach(async () => {
    await rm(stateDir, { recursive: true, force: true });
  });

  interface Options {
    clock?: Clock;
    listen?: string;
    interceptors?: readonly Interceptor[];
    observer?: CallObserver;
  }

  function start(options: Options = {}): Promise<NameServer> {
    return startNameServer({
      listen: '127.0.0.1:0',
      insecure: true,
      stateDir,
      log: silentLog,
      version: '1.2.3',
      ...options,
    });
  }

  it('knows after a restart what it knew before', async () => {
    const first = await start();
    const record = await withNameServer(first.address, async (names) => {
      await names.register('one', '127.0.0.1:7441', claims('storage', 'spare'));
      return names.set_metadata('storage', { site: 'lab' });
    });
    await first[Symbol.asyncDispose]();
    await using second = await start({ listen: first.address });
    await withNameServer(second.address, async (names) => {
      expect(await names.lookup('storage')).to.deep.equal(record);
      expect((await names.list()).names).to.have.length(2);
    });
  });

  it('gives every lease its whole time anew after a restart', async () => {
    const clock = new FakeClock();
    const first = await start({ clock });
    await withNameServer(first.address, (names) =>
      names.register('one', '127.0.0.1:7441', claims('storage'), { ttlMs: 10_000 }),
    );
    await clock.advance(9_000);
    await first[Symbol.asyncDispose]();
    await using second = await start({ clock });
    await withNameServer(second.address, async (names) => {
      await clock.advance(9_000);
      expect(await names.lookup('storage')).to.have.property('name', 'storage');
      await clock.advance(1_001);
      await refusal(names.lookup('storage'), 'OBJECT_NOT_FOUND');
    });
  });

  it('tells the version that it was given', async () => {
    await using server = await start();
    const info = await withNameServer(server.address, (names) => names.info());
    expect(info).to.include({ version: '1.2.3', names: 0 });
  });

  it('shows its calls to interceptors and an observer', async () => {
    const seen: string[] = [];
    const interceptor: Interceptor = (call, next) => {
      seen.push(`within ${call.method}`);
      return next();
    };
    const observer: CallObserver = {
      answered: ({ method }) => {
        seen.push(`after ${method}`);
      },
    };
    await using server = await start({ interceptors: [interceptor], observer });
    await withNameServer(server.address, (names) => names.info());
    expect(seen).to.deep.equal(['within info', 'after info']);
  });

  it('ends watches when it stops', async () => {
    const server = await start();
    const watching = withNameServer(server.address, async (names) => {
      const events = names.with({ timeoutMs: 'none' }).watch();
      const first = events[Symbol.asyncIterator]().next();
      await names.register('one', '127.0.0.1:7441', claims('storage'));
      await first;
      await server[Symbol.asyncDispose]();
      for await (const event of events) {
        expect.fail(`an event after the end: ${event.type}`);
      }
    });
    await refusal(watching, 'SERVER_STOPPED');
  });

  for (const listen of ['0.0.0.0:0', '[::]:0', 'ns.example:0']) {
    it(`listens on ${listen} only if that is wanted`, async () => {
      const error = await refusal(start({ listen }), 'CONFIG_INVALID');
      expect(error.message).to.include(`"${listen}" can be reached from other machines`);
      expect(await readdir(stateDir)).to.deep.equal([]);
    });
  }

  it('frees its directory when it cannot listen', async () => {
    await using other = await startNameServer({
      listen: '127.0.0.1:0',
      insecure: true,
      stateDir: join(stateDir, 'other'),
      log: silentLog,
      version: '1.2.3',
    });
    await refusal(start({ listen: other.address }), 'LISTEN_FAILED');
    await using server = await start();
    expect(server.address).to.match(/^127\.0\.0\.1:\d+$/);
  });

  it('refuses a directory that another one uses', async () => {
    await using first = await start();
    expect(first.address).to.not.equal('');
    await refusal(start(), 'STORE_LOCKED');
  });

  it('is told by its address when it cannot be reached', async () => {
    const error = await refusal(
      withNameServer('127.0.0.1:1', (names) => names.info()),
      'NAMESERVER_UNAVAILABLE',
    );
    expect(error.message).to.match(/^no name server answers at 127\.0\.0\.1:1 \(/);
  });
});
