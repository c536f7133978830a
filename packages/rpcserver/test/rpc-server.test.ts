import { expect } from 'chai';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

import { connectTo } from '@patchbay/grpc/client';
import { TestNameServer } from '@patchbay/nameserver/testing';
import type { ObjectDefinition, SignaturesOf } from '@patchbay/objects';
import { defineObject, method } from '@patchbay/objects/define';
import { eventually, type LogLine, RecordingLog, refusal, Scratch } from '@patchbay/objects/testing';

import { loadObject } from '../src/load-object.js';
import { RpcServer } from '../src/rpc-server.js';
import type { MakeObject, RpcServerOptions } from '../src/server-options.js';
import type { Workshop } from './fixtures/workshop.js';

const workshop: MakeObject = (context) =>
  loadObject(
    { name: context.name, module: fileURLToPath(new URL('./fixtures/workshop.js', import.meta.url)) },
    '/',
    context,
  );

/** What RPC servers of a test need: a name server, and a scratch directory for their state. */
class ServerFixture implements AsyncDisposable {
  readonly nameServer: TestNameServer;
  readonly scratch: Scratch;
  readonly log = new RecordingLog();

  private constructor(nameServer: TestNameServer, scratch: Scratch) {
    this.nameServer = nameServer;
    this.scratch = scratch;
  }

  static async start(): Promise<ServerFixture> {
    return new ServerFixture(await TestNameServer.start(), await Scratch.make());
  }

  start(options: Partial<RpcServerOptions> = {}): Promise<RpcServer> {
    return RpcServer.start({
      nameServer: this.nameServer.address,
      insecure: true,
      stateDir: this.scratch.file('state'),
      objects: { workshop },
      log: this.log,
      ...options,
    });
  }

  /** Returns the warnings and errors of the log, but for the one of what it is: insecure. */
  complaints(): LogLine[] {
    return this.log.lines.filter(
      ({ level, message }) => (level === 'warn' || level === 'error') && !message.startsWith('insecure: '),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.nameServer[Symbol.asyncDispose]();
    await this.scratch[Symbol.asyncDispose]();
  }
}

/** An object that adds its name to a list when it is closed. */
function closing(name: string, closed: string[]): ObjectDefinition {
  return defineObject({
    summary: 'Closes',
    methods: {},
    close: () => {
      closed.push(name);
      return Promise.resolve();
    },
  });
}

const clock = defineObject({
  summary: 'Tells',
  methods: { tell: method({ summary: 'Tell', returns: z.string(), run: () => 'noon' }) },
});

async function read(file: string): Promise<string> {
  return (await readFile(file, 'utf8')).trim();
}

describe('An RPC server', () => {
  it('hosts its objects and registers their names', async () => {
    await using fixture = await ServerFixture.start();
    await using server = await fixture.start({ objects: { workshop, 'wall/clock': clock } });
    await eventually(() => server.registered);
    expect(await fixture.nameServer.names()).to.deep.equal(['wall/clock', 'workshop']);
    expect(await fixture.nameServer.addressOf('workshop')).to.equal(server.address);
    await using client = connectTo(server.address);
    expect(await client.proxy<SignaturesOf<typeof clock>>('wall/clock').tell()).to.equal('noon');
  });

  it('has registered its names when it has started', async () => {
    await using fixture = await ServerFixture.start();
    const held = fixture.nameServer.hold('register');
    const names = Array.from({ length: 130 }, (_, index) => [`n${String(index)}`, clock] as const);
    let isStarted = false;
    const starting = fixture.start({ objects: Object.fromEntries(names) });
    void starting.then(() => (isStarted = true));
    await eventually(() => fixture.nameServer.called('register') === 2); // a hundred names each
    expect(isStarted).to.be.false;
    held.release();
    await using server = await starting;
    expect(server.registered).to.be.true;
    expect((await fixture.nameServer.registry.info()).names).to.equal(130);
  });

  it('does not start when its names are refused, and closes its objects', async () => {
    await using fixture = await ServerFixture.start();
    await fixture.nameServer.registry.register('web1', '127.0.0.1:1', [{ name: 'b' }]);
    const closed: string[] = [];
    const objects = { a: closing('a', closed), b: closing('b', closed) };
    const error = await refusal(fixture.start({ objects }), 'NAME_TAKEN');
    expect(error.message).to.include('"b" belongs to server "web1" at 127.0.0.1:1');
    expect(closed).to.deep.equal(['b', 'a']);
    expect(await fixture.nameServer.names()).to.deep.equal(['b']);
    await fixture.nameServer.registry.remove('b');
    await using server = await fixture.start({ objects });
    expect(server.registered).to.be.true;
  });

  it('stands by for a name that another server holds if that is wanted', async () => {
    await using fixture = await ServerFixture.start();
    await fixture.nameServer.registry.register('web1', '127.0.0.1:1', [{ name: 'clock' }]);
    await using server = await fixture.start({ objects: { clock }, whenRefused: 'retry' });
    expect(server.registered).to.be.false;
    expect(fixture.complaints().map(({ message }) => message)).to.deep.equal([
      'the name server refuses the names; retrying until it accepts them',
    ]);
    await fixture.nameServer.registry.remove('clock');
    await eventually(() => server.registered);
  });

  for (const [title, start] of [
    ['is not running', () => undefined],
    ['does not answer', (fixture: ServerFixture) => fixture.nameServer.start()],
  ] as const) {
    it(`starts while the name server ${title}, says so, and registers later`, async () => {
      await using fixture = await ServerFixture.start();
      await fixture.nameServer.stop();
      const held = fixture.nameServer.hold('register');
      await start(fixture);
      await using server = await fixture.start({ objects: { clock } });
      expect(server.registered).to.be.false;
      expect(fixture.complaints().map(({ message }) => message)).to.deep.equal([
        'the name server does not respond; retrying until it does',
      ]);
      const { fields } = fixture.complaints()[0]!;
      expect(fields).to.include({ nameServer: fixture.nameServer.address });
      expect(String(fields.error)).to.include(`no name server answers at ${fixture.nameServer.address}`);
      held.release();
      if (title === 'is not running') {
        await fixture.nameServer.start();
      }
      await eventually(() => server.registered);
    });
  }

  it('starts when its name server is another kind of server, and says so', async () => {
    await using fixture = await ServerFixture.start();
    await using other = await fixture.start({ objects: { clock } });
    const stateDir = fixture.scratch.file('second');
    await using server = await fixture.start({ nameServer: other.address, stateDir, objects: { clock } });
    expect(server.registered).to.be.false;
    const { fields } = fixture.complaints()[0]!;
    expect(String(fields.error)).to.include(`the server at ${other.address} is not a name server`);
  });

  it('can be stopped while it waits for the name server', async () => {
    await using fixture = await ServerFixture.start();
    const held = fixture.nameServer.hold('register');
    const stop = new AbortController();
    const closed: string[] = [];
    const objects = { a: closing('a', closed) };
    const starting = fixture.start({ objects, signal: stop.signal }).catch((error: unknown) => error);
    await eventually(() => fixture.nameServer.called('register') === 1);
    stop.abort(new Error('enough'));
    expect(String(await starting)).to.equal('Error: enough');
    expect(closed).to.deep.equal(['a']);
    held.release();
  });

  it('writes warnings to standard error unless it is given a log', async () => {
    await using fixture = await ServerFixture.start();
    const { error: standard } = console;
    const lines: string[] = [];
    Object.assign(console, { error: (line: string) => lines.push(line) });
    try {
      const options = {
        nameServer: fixture.nameServer.address,
        insecure: true,
        stateDir: fixture.scratch.file('state'),
      };
      const crash = method({
        summary: 'Crash',
        returns: z.null(),
        run: () => Promise.reject(new Error('rust')),
      });
      const objects = { broken: defineObject({ summary: 'Is broken', methods: { crash } }) };
      await using server = await RpcServer.start({ ...options, objects });
      await using client = connectTo(server.address);
      const error = await refusal(client.call('broken', 'crash', []), 'UNEXPECTED');
      expect(lines.join())
        .to.match(/^.*insecure: .*,\S+ ERROR a call failed unexpectedly .*\n {4}/)
        .and.include(error.callId!);
    } finally {
      Object.assign(console, { error: standard });
    }
  });

  it('registers the address that it is to advertise', async () => {
    await using fixture = await ServerFixture.start();
    await using server = await fixture.start({ advertise: 'storage.example:7441' });
    await eventually(() => server.registered);
    expect(await fixture.nameServer.addressOf('workshop')).to.equal('storage.example:7441');
  });

  it('creates a directory for each object that only its owner can read', async () => {
    await using fixture = await ServerFixture.start();
    await using server = await fixture.start();
    await using client = connectTo(server.address);
    const directory = await client.proxy<Workshop>('workshop').state_directory();
    expect(directory.startsWith(fixture.scratch.file('state'))).to.be.true;
    for (const each of [directory, fixture.scratch.file('state')]) {
      expect((await stat(each)).mode & 0o777).to.equal(0o700);
    }
  });

  it("creates no object's directory inside that of another", async () => {
    await using fixture = await ServerFixture.start();
    const directories: string[] = [];
    const make: MakeObject = (context) => {
      directories.push(`${context.stateDir}/`);
      return clock;
    };
    const server = await fixture.start({ objects: { a: make, 'a/b': make, 'a.b': make } });
    await server[Symbol.asyncDispose]();
    for (const [index, directory] of directories.entries()) {
      const others = directories.filter((_, other) => other !== index);
      expect(others.filter((other) => other.startsWith(directory))).to.deep.equal([]);
    }
  });

  it('signals to its objects that it stops, and closes them, the last created first', async () => {
    await using fixture = await ServerFixture.start();
    const closed: string[] = [];
    let signal: AbortSignal | undefined;
    const make: MakeObject = (context) => {
      expect(context.interceptors).to.deep.equal([]);
      signal = context.signal;
      return closing('first', closed);
    };
    const server = await fixture.start({ objects: { first: make, second: closing('second', closed) } });
    expect(signal?.aborted).to.be.false;
    await server[Symbol.asyncDispose]();
    expect(signal?.aborted).to.be.true;
    expect(closed).to.deep.equal(['second', 'first']);
  });

  it('closes the objects it has created when another one fails', async () => {
    await using fixture = await ServerFixture.start();
    const closed: string[] = [];
    const failing: MakeObject = () => Promise.reject(new Error('no'));
    const started = fixture.start({ objects: { first: closing('first', closed), second: failing } });
    expect(String(await started.catch((error: unknown) => error))).to.include('no');
    expect(closed).to.deep.equal(['first']);
    expect(fixture.nameServer.called('register')).to.equal(0);
  });

  for (const [title, options, message] of [
    ['every address', { listen: '0.0.0.0:0' }, /"0\.0\.0\.0:0" can be reached.*insecure: 'network'/],
    ['every address of IPv6', { listen: '[::]:0' }, /"\[::\]:0" can be reached/],
    ['an address of other machines', { listen: '[::ffff:192.0.2.7]:0' }, /can be reached/],
    ['a host name', { listen: 'localhost.example:0' }, /can be reached/],
    ['no host', { listen: ':7441' }, /":7441": must be host:port/],
    ['an address without a port', { listen: '127.0.0.1' }, /must be host:port, such as 127\.0\.0\.1:/],
    ['every address, and advertises it', { listen: '0.0.0.0:0', insecure: 'network' }, /set "advertise"/],
    [
      'loopback, and advertises every address',
      { insecure: true, advertise: '[::0]:7441' },
      /set "advertise"/,
    ],
    [
      'loopback, and advertises no port',
      { insecure: true, advertise: 'storage.example:0' },
      /"storage\.example:0"/,
    ],
    ['loopback, with an empty name server', { nameServer: '' }, /address "": must be host:port/],
    ['loopback, with the URL of a name server', { nameServer: 'http://ns1:7440' }, /such as ns1:7440$/],
  ] as const) {
    it(`creates nothing when it is to listen on ${title}`, async () => {
      await using scratch = await Scratch.make();
      let made = 0;
      const make: MakeObject = () => {
        made++;
        return clock;
      };
      const stateDir = scratch.file('state');
      const error = await refusal(
        RpcServer.start({ nameServer: '127.0.0.1:1', ...options, stateDir, objects: { make } }),
        'CONFIG_INVALID',
      );
      expect(error.message).to.match(message);
      expect(made).to.equal(0);
      expect(await stat(stateDir).catch(() => 'none')).to.equal('none');
    });
  }

  it('creates and registers nothing when its address is in use', async () => {
    await using fixture = await ServerFixture.start();
    let made = 0;
    const make: MakeObject = () => {
      made++;
      return clock;
    };
    const error = await refusal(
      fixture.start({ listen: fixture.nameServer.address, objects: { first: make } }),
    );
    expect(error.reason).to.equal('LISTEN_FAILED');
    expect(made).to.equal(0);
    expect(await fixture.nameServer.names()).to.deep.equal([]);
    await (await fixture.start())[Symbol.asyncDispose](); // the state directory is free
  });

  it('closes its objects and registers nothing when its address is taken while it creates them', async () => {
    await using fixture = await ServerFixture.start();
    await using rival = await TestNameServer.start();
    const listen = rival.address;
    await rival.stop();
    const closed: string[] = [];
    const error = await refusal(
      fixture.start({
        listen,
        objects: {
          first: async () => {
            await rival.start();
            return closing('first', closed);
          },
        },
      }),
    );
    expect(error.reason).to.equal('LISTEN_FAILED');
    expect(closed).to.deep.equal(['first']);
    expect(await fixture.nameServer.names()).to.deep.equal([]);
  });

  it('locks its state directory, and reports its process to a second server', async () => {
    await using fixture = await ServerFixture.start();
    const server = await fixture.start();
    const error = await refusal(fixture.start());
    expect(`${error.code} ${error.reason}`).to.equal('FAILED_PRECONDITION STATE_DIRECTORY_LOCKED');
    expect(error.message).to.include(`is in use by another RPC server, process ${String(process.pid)}; stop`);
    expect(error.details.pid).to.equal(process.pid);
    await server[Symbol.asyncDispose]();
    await (await fixture.start())[Symbol.asyncDispose]();
  });

  it('reports whether its names are registered, even after the name server has gone', async () => {
    await using fixture = await ServerFixture.start();
    const told: boolean[] = [];
    await using server = await fixture.start({
      leaseMs: 1_000,
      onRegistered: (registered) => told.push(registered),
    });
    await eventually(() => server.registered);
    await fixture.nameServer.stop();
    await eventually(() => !server.registered);
    await fixture.nameServer.start();
    await eventually(() => server.registered);
    expect(told).to.deep.equal([true, false, true]);
  });

  it('refuses an invalid name before it creates anything', async () => {
    await using fixture = await ServerFixture.start();
    let made = 0;
    const make: MakeObject = () => {
      made++;
      return clock;
    };
    const error = await refusal(fixture.start({ objects: { fine: make, '../up': make } }));
    expect(error.reason).to.equal('NAME_INVALID');
    expect(made).to.equal(0);
  });

  for (const inTheWay of ['state', 'state/objects']) {
    it(`fails with the reason when a file is in the way at ${inTheWay}`, async () => {
      await using fixture = await ServerFixture.start();
      if (inTheWay !== 'state') {
        await mkdir(fixture.scratch.file('state'));
      }
      await writeFile(fixture.scratch.file(inTheWay), '');
      const error = await refusal(fixture.start());
      expect(error.reason).to.equal('STATE_DIRECTORY_UNUSABLE');
      expect(error.message).to.match(/^the state directory \/.*\/state.* cannot be used: /);
    });
  }

  it('keeps its identity, and creates a new one when the file is damaged', async () => {
    await using fixture = await ServerFixture.start();
    const file = fixture.scratch.file('state', 'server-id');
    await (await fixture.start())[Symbol.asyncDispose]();
    const id = await read(file);
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
    await (await fixture.start())[Symbol.asyncDispose]();
    expect(await read(file)).to.equal(id);
    await chmod(file, 0o600);
    await writeFile(file, 'half a');
    await (await fixture.start())[Symbol.asyncDispose]();
    expect(await read(file)).to.match(/^[0-9a-f-]{36}$/);
  });
}).timeout(60_000);

describe('An RPC server that changes', () => {
  it('removes an object, and cancels its calls after the limit, but those of no other object', async () => {
    await using fixture = await ServerFixture.start();
    await using server = await fixture.start({ drainMs: 100, objects: { workshop, 'work/shop': workshop } });
    await using client = connectTo(server.address);
    const [stays, goes] = ['stays', 'goes'].map((name) => fixture.scratch.file(name));
    const staying = client.proxy<Workshop>('workshop').work(1_000, stays!);
    const going = refusal(client.proxy<Workshop>('work/shop').work(60_000, goes!));
    await eventually(async () => (await read(goes!)) === 'begun' && (await read(stays!)) === 'begun');
    await server.change({ remove: ['work/shop'] });
    expect(await read(goes!)).to.equal('cut short');
    const { reason, message } = await going;
    expect(`${reason}: ${message}`).to.equal(
      'SERVER_STOPPED: the object "work/shop" was closed while the call ran',
    );
    expect(await staying).to.equal('finished');
    expect(await fixture.nameServer.names()).to.deep.equal(['workshop']);
  });

  it('refuses impossible changes, and then changes nothing', async () => {
    await using fixture = await ServerFixture.start();
    const closed: string[] = [];
    await using server = await fixture.start();
    const failing: MakeObject = () => Promise.reject(new Error('no'));
    const limits = { maxSessions: 1 };
    const add = { first: closing('first', closed), failing };
    expect(String(await server.change({ add, limits }).catch((error: unknown) => error))).to.include('no');
    expect(closed).to.deep.equal(['first']);
    expect((await refusal(server.change({ add: { workshop } }))).reason).to.equal('OBJECT_HOSTED');
    expect((await refusal(server.change({ remove: ['first'] }))).reason).to.equal('OBJECT_NOT_FOUND');
    expect((await refusal(server.change({ limits: { maxCalls: 0 } }))).reason).to.equal('CONFIG_INVALID');
    await using one = connectTo(server.address);
    await using other = connectTo(server.address);
    for (const client of [one, other]) {
      expect(await client.proxy<Workshop>('workshop').echo('still here')).to.equal('still here');
    }
  });

  it('can be closed while it opens an object', async () => {
    await using fixture = await ServerFixture.start();
    const server = await fixture.start();
    const slow: MakeObject = ({ signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          reject(signal.reason as Error);
        });
      });
    const changed = server.change({ add: { slow } }).catch(() => 'given up');
    await server[Symbol.asyncDispose]();
    expect(await changed).to.equal('given up');
  });
}).timeout(60_000);

describe('An RPC server that stops', () => {
  it('unregisters its names, lets a call in flight finish, and starts no new one', async () => {
    await using fixture = await ServerFixture.start();
    const server = await fixture.start();
    await eventually(() => server.registered);
    await using client = connectTo(server.address);
    const file = fixture.scratch.file('work');
    const running = client.proxy<Workshop>('workshop').work(1_000, file);
    await eventually(async () => (await read(file)) === 'begun');
    const stopped = server[Symbol.asyncDispose]();
    await eventually(async () => (await fixture.nameServer.names()).length === 0);
    // It drains once it knows that its names are gone; others may know a moment earlier.
    await eventually(async () => {
      const late = await refusal(client.proxy<Workshop>('workshop').echo('hello'));
      expect(late.reason).to.equal('SERVER_DRAINING');
    });
    expect(await running).to.equal('finished');
    await stopped;
    expect(fixture.complaints().map(({ message }) => message)).to.deep.equal([]);
  });

  it('sends the result of the last call before it closes the connection', async () => {
    await using fixture = await ServerFixture.start();
    for (let round = 0; round < 10; round++) {
      const server = await fixture.start();
      await using client = connectTo(server.address);
      const file = fixture.scratch.file(`work-${String(round)}`);
      const running = client.proxy<Workshop>('workshop').work(20, file);
      await eventually(async () => (await read(file)) !== '');
      await server[Symbol.asyncDispose]();
      expect(await running).to.equal('finished');
    }
  });

  it('accepts calls until its names are unregistered', async () => {
    await using fixture = await ServerFixture.start();
    const server = await fixture.start();
    await eventually(() => server.registered);
    await using client = connectTo(server.address);
    const held = fixture.nameServer.hold('unregister');
    const stopped = server[Symbol.asyncDispose]();
    await eventually(() => fixture.nameServer.called('unregister') === 1);
    expect(await client.proxy<Workshop>('workshop').echo('hello')).to.equal('hello');
    held.release();
    await stopped;
  });

  it('cancels calls after the limit, waits for their clean-up, and retries them nowhere', async () => {
    await using fixture = await ServerFixture.start();
    const server = await fixture.start({ drainMs: 100 });
    await using client = connectTo(server.address);
    const file = fixture.scratch.file('work');
    const running = refusal(client.proxy<Workshop>('workshop').work(60_000, file));
    await eventually(async () => (await read(file)) === 'begun');
    const startedAt = performance.now();
    await server[Symbol.asyncDispose]();
    expect(await read(file)).to.equal('cut short');
    expect(performance.now() - startedAt).to.be.below(3_000);
    const error = await running;
    expect(`${error.code} ${error.reason}`).to.equal('UNAVAILABLE SERVER_STOPPED');
    expect(fixture.complaints().map(({ message }) => message)).to.deep.equal([
      'drain time is over; cancelling the calls that still run',
    ]);
  });

  it('does not wait forever for an object that does not close', async () => {
    await using fixture = await ServerFixture.start();
    const closed: string[] = [];
    const stubborn = defineObject({
      summary: 'Stays',
      methods: {},
      close: () => new Promise(() => undefined),
    });
    const server = await fixture.start({
      closeMs: 50,
      objects: { other: closing('other', closed), stubborn },
    });
    await server[Symbol.asyncDispose]();
    expect(closed).to.deep.equal(['other']);
    const [line] = fixture.log.lines.filter(({ level }) => level === 'error');
    expect(line?.message).to.equal('object did not close in time; continuing without it');
    expect(line?.fields).to.include({ object: 'stubborn', closeMs: 50 });
  });

  it('does not wait forever for a method that ignores its signal', async () => {
    await using fixture = await ServerFixture.start();
    const closed: string[] = [];
    const server = await fixture.start({
      drainMs: 100,
      objects: { workshop, other: closing('other', closed) },
    });
    await using client = connectTo(server.address);
    const file = fixture.scratch.file('work');
    const running = refusal(client.proxy<Workshop>('workshop').work_stubbornly(8_000, file));
    await eventually(async () => (await read(file)) === 'begun');
    const startedAt = performance.now();
    await server[Symbol.asyncDispose]();
    expect(performance.now() - startedAt).to.be.below(6_000);
    expect((await running).reason).to.equal('SERVER_STOPPED');
    expect(closed).to.deep.equal(['other']);
    expect(fixture.complaints().at(-1)?.message).to.equal(
      'cancelled methods still run; stopping without them',
    );
  });
}).timeout(60_000);
