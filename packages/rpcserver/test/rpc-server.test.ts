import { expect } from 'chai';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

import { connectTo } from '@patchbay/grpc/client';
import { TestNameServer } from '@patchbay/nameserver/testing';
import { type ObjectDefinition, type SignaturesOf } from '@patchbay/objects';
import { defineObject, method } from '@patchbay/objects/define';
import { eventually, RecordingLog, refusal, Scratch } from '@patchbay/objects/testing';

import { loadObject } from '../src/load-object.js';
import { type MakeObject } from '../src/open-objects.js';
import { RpcServer } from '../src/rpc-server.js';
import { type RpcServerOptions } from '../src/server-options.js';
import { type Workshop } from './fixtures/workshop.js';

const workshop: MakeObject = (context) =>
  loadObject(
    { name: context.name, module: fileURLToPath(new URL('./fixtures/workshop.js', import.meta.url)) },
    '/',
    context,
  );

/** An RPC server of a test, its state in a scratch directory. */
class Scene implements AsyncDisposable {
  readonly nameServer: TestNameServer;
  readonly scratch: Scratch;
  readonly log = new RecordingLog();

  private constructor(nameServer: TestNameServer, scratch: Scratch) {
    this.nameServer = nameServer;
    this.scratch = scratch;
  }

  static async set(): Promise<Scene> {
    return new Scene(await TestNameServer.start(), await Scratch.make());
  }

  start(options: Partial<RpcServerOptions> = {}): Promise<RpcServer> {
    return RpcServer.start({
      nameServer: this.nameServer.address,
      stateDir: this.scratch.file('state'),
      objects: { workshop },
      log: this.log,
      ...options,
    });
  }

  /** Gives what the log says about errors and worse. */
  complaints(): string[] {
    return this.log.lines
      .filter(({ level }) => level === 'warn' || level === 'error')
      .map((line) => line.message);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.nameServer[Symbol.asyncDispose]();
    await this.scratch[Symbol.asyncDispose]();
  }
}

/** An object that notes in a list that it was closed. */
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
    await using scene = await Scene.set();
    await using server = await scene.start({ objects: { workshop, 'wall/clock': clock } });
    await eventually(() => server.registered);
    expect(await scene.nameServer.names()).to.deep.equal(['wall/clock', 'workshop']);
    expect(await scene.nameServer.addressOf('workshop')).to.equal(server.address);
    await using client = connectTo(server.address);
    expect(await client.proxy<SignaturesOf<typeof clock>>('wall/clock').tell()).to.equal('noon');
  });

  it('registers the address that it is told to advertise', async () => {
    await using scene = await Scene.set();
    await using server = await scene.start({ advertise: 'storage.example:7441' });
    await eventually(() => server.registered);
    expect(await scene.nameServer.addressOf('workshop')).to.equal('storage.example:7441');
  });

  it('gives each object a directory for its owner alone', async () => {
    await using scene = await Scene.set();
    await using server = await scene.start();
    await using client = connectTo(server.address);
    const directory = await client.proxy<Workshop>('workshop').state_directory();
    expect(directory.startsWith(scene.scratch.file('state'))).to.be.true;
    for (const each of [directory, scene.scratch.file('state')]) {
      expect((await stat(each)).mode & 0o777).to.equal(0o700);
    }
  });

  it('gives no object a directory within the one of another', async () => {
    await using scene = await Scene.set();
    const directories: string[] = [];
    const make: MakeObject = (context) => {
      directories.push(`${context.stateDir}/`);
      return clock;
    };
    const server = await scene.start({ objects: { a: make, 'a/b': make, 'a.b': make } });
    await server[Symbol.asyncDispose]();
    for (const [index, directory] of directories.entries()) {
      const others = directories.filter((_, other) => other !== index);
      expect(others.filter((other) => other.startsWith(directory))).to.deep.equal([]);
    }
  });

  it('tells its objects that it stops, and closes them, the last made first', async () => {
    await using scene = await Scene.set();
    const closed: string[] = [];
    let signal: AbortSignal | undefined;
    const make: MakeObject = (context) => {
      signal = context.signal;
      return closing('first', closed);
    };
    const server = await scene.start({ objects: { first: make, second: closing('second', closed) } });
    expect(signal?.aborted).to.be.false;
    await server[Symbol.asyncDispose]();
    expect(signal?.aborted).to.be.true;
    expect(closed).to.deep.equal(['second', 'first']);
  });

  it('closes the objects it has made when a further one fails', async () => {
    await using scene = await Scene.set();
    const closed: string[] = [];
    const failing: MakeObject = () => Promise.reject(new Error('no'));
    const started = scene.start({ objects: { first: closing('first', closed), second: failing } });
    expect(String(await started.catch((error: unknown) => error))).to.include('no');
    expect(closed).to.deep.equal(['first']);
    expect(scene.nameServer.called('register')).to.equal(0);
  });

  it('makes and registers nothing when its address is taken', async () => {
    await using scene = await Scene.set();
    let made = 0;
    const make: MakeObject = () => {
      made++;
      return clock;
    };
    const error = await refusal(scene.start({ listen: scene.nameServer.address, objects: { first: make } }));
    expect(error.reason).to.equal('LISTEN_FAILED');
    expect(made).to.equal(0);
    expect(await scene.nameServer.names()).to.deep.equal([]);
    await (await scene.start())[Symbol.asyncDispose](); // the state directory is free
  });

  it('closes its objects and registers nothing when its address is taken while it makes them', async () => {
    await using scene = await Scene.set();
    await using rival = await TestNameServer.start();
    const listen = rival.address;
    await rival.stop();
    const closed: string[] = [];
    const error = await refusal(
      scene.start({
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
    expect(await scene.nameServer.names()).to.deep.equal([]);
  });

  it('has its state directory for itself, and tells a second server who has it', async () => {
    await using scene = await Scene.set();
    const server = await scene.start();
    const error = await refusal(scene.start());
    expect(`${error.code} ${error.reason}`).to.equal('FAILED_PRECONDITION STATE_DIRECTORY_LOCKED');
    expect(error.message).to.include(`is in use by another RPC server, process ${String(process.pid)}; stop`);
    expect(error.details.pid).to.equal(process.pid);
    await server[Symbol.asyncDispose]();
    await (await scene.start())[Symbol.asyncDispose]();
  });

  it('says whether its names are registered, also when the name server has gone', async () => {
    await using scene = await Scene.set();
    const told: boolean[] = [];
    await using server = await scene.start({
      leaseMs: 1_000,
      onRegistered: (registered) => told.push(registered),
    });
    await eventually(() => server.registered);
    await scene.nameServer.stop();
    await eventually(() => !server.registered);
    await scene.nameServer.start();
    await eventually(() => server.registered);
    expect(told).to.deep.equal([true, false, true]);
  });

  it('refuses a name that is not valid before it makes anything', async () => {
    await using scene = await Scene.set();
    let made = 0;
    const make: MakeObject = () => {
      made++;
      return clock;
    };
    const error = await refusal(scene.start({ objects: { fine: make, '../up': make } }));
    expect(error.reason).to.equal('NAME_INVALID');
    expect(made).to.equal(0);
  });

  for (const inTheWay of ['state', 'state/objects']) {
    it(`says so when a file is in the way at ${inTheWay}`, async () => {
      await using scene = await Scene.set();
      if (inTheWay !== 'state') {
        await mkdir(scene.scratch.file('state'));
      }
      await writeFile(scene.scratch.file(inTheWay), '');
      const error = await refusal(scene.start());
      expect(error.reason).to.equal('STATE_DIRECTORY_UNUSABLE');
      expect(error.message).to.match(/^the state directory \/.*\/state.* cannot be used: /);
    });
  }

  it('keeps its identity, and makes a new one when the file is damaged', async () => {
    await using scene = await Scene.set();
    const file = scene.scratch.file('state', 'server-id');
    await (await scene.start())[Symbol.asyncDispose]();
    const id = await read(file);
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
    await (await scene.start())[Symbol.asyncDispose]();
    expect(await read(file)).to.equal(id);
    await chmod(file, 0o600);
    await writeFile(file, 'half a');
    await (await scene.start())[Symbol.asyncDispose]();
    expect(await read(file)).to.match(/^[0-9a-f-]{36}$/);
  });
}).timeout(60_000);

describe('An RPC server that changes', () => {
  it('takes an object away whose calls it cancels past the limit, and those of no other', async () => {
    await using scene = await Scene.set();
    await using server = await scene.start({ drainMs: 100, objects: { workshop, 'work/shop': workshop } });
    await using client = connectTo(server.address);
    const [stays, goes] = ['stays', 'goes'].map((name) => scene.scratch.file(name));
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
    expect(await scene.nameServer.names()).to.deep.equal(['workshop']);
  });

  it('refuses what it cannot do, and changes nothing then', async () => {
    await using scene = await Scene.set();
    const closed: string[] = [];
    await using server = await scene.start();
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

  it('is stopped also while it opens an object', async () => {
    await using scene = await Scene.set();
    const server = await scene.start();
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
  it('gives its names back, lets a running call finish, and begins no new one', async () => {
    await using scene = await Scene.set();
    const server = await scene.start();
    await eventually(() => server.registered);
    await using client = connectTo(server.address);
    const file = scene.scratch.file('work');
    const running = client.proxy<Workshop>('workshop').work(1_000, file);
    await eventually(async () => (await read(file)) === 'begun');
    const stopped = server[Symbol.asyncDispose]();
    await eventually(async () => (await scene.nameServer.names()).length === 0);
    // It drains once it knows that its names are gone, which others may know a moment before.
    await eventually(async () => {
      const late = await refusal(client.proxy<Workshop>('workshop').echo('hello'));
      expect(late.reason).to.equal('SERVER_DRAINING');
    });
    expect(await running).to.equal('finished');
    await stopped;
    expect(scene.complaints()).to.deep.equal([]);
  });

  it('answers a call that ends last before it closes the connection', async () => {
    await using scene = await Scene.set();
    for (let round = 0; round < 10; round++) {
      const server = await scene.start();
      await using client = connectTo(server.address);
      const file = scene.scratch.file(`work-${String(round)}`);
      const running = client.proxy<Workshop>('workshop').work(20, file);
      await eventually(async () => (await read(file)) === 'begun');
      await server[Symbol.asyncDispose]();
      expect(await running).to.equal('finished');
    }
  });

  it('takes calls until its names are given back', async () => {
    await using scene = await Scene.set();
    const server = await scene.start();
    await eventually(() => server.registered);
    await using client = connectTo(server.address);
    const held = scene.nameServer.hold('unregister');
    const stopped = server[Symbol.asyncDispose]();
    await eventually(() => scene.nameServer.called('unregister') === 1);
    expect(await client.proxy<Workshop>('workshop').echo('hello')).to.equal('hello');
    held.release();
    await stopped;
  });

  it('cancels what runs past the limit, waits for its clean-up, and runs it nowhere again', async () => {
    await using scene = await Scene.set();
    const server = await scene.start({ drainMs: 100 });
    await using client = connectTo(server.address);
    const file = scene.scratch.file('work');
    const running = refusal(client.proxy<Workshop>('workshop').work(60_000, file));
    await eventually(async () => (await read(file)) === 'begun');
    const startedAt = performance.now();
    await server[Symbol.asyncDispose]();
    expect(await read(file)).to.equal('cut short');
    expect(performance.now() - startedAt).to.be.below(3_000);
    const error = await running;
    expect(`${error.code} ${error.reason}`).to.equal('UNAVAILABLE SERVER_STOPPED');
    expect(scene.complaints()).to.deep.equal([
      'calls still run when the time to finish is over; cancelling them',
    ]);
  });

  it('does not wait for ever for an object that does not close', async () => {
    await using scene = await Scene.set();
    const closed: string[] = [];
    const stubborn = defineObject({
      summary: 'Stays',
      methods: {},
      close: () => new Promise(() => undefined),
    });
    const server = await scene.start({
      closeMs: 50,
      objects: { other: closing('other', closed), stubborn },
    });
    await server[Symbol.asyncDispose]();
    expect(closed).to.deep.equal(['other']);
    const [line] = scene.log.lines.filter(({ level }) => level === 'error');
    expect(line?.message).to.equal('an object did not close in time; going on without it');
    expect(line?.fields).to.include({ object: 'stubborn', closeMs: 50 });
  });

  it('does not wait for ever for a method that ignores its signal', async () => {
    await using scene = await Scene.set();
    const closed: string[] = [];
    const server = await scene.start({
      drainMs: 100,
      objects: { workshop, other: closing('other', closed) },
    });
    await using client = connectTo(server.address);
    const file = scene.scratch.file('work');
    const running = refusal(client.proxy<Workshop>('workshop').work_stubbornly(8_000, file));
    await eventually(async () => (await read(file)) === 'begun');
    const startedAt = performance.now();
    await server[Symbol.asyncDispose]();
    expect(performance.now() - startedAt).to.be.below(6_000);
    expect((await running).reason).to.equal('SERVER_STOPPED');
    expect(closed).to.deep.equal(['other']);
    expect(scene.complaints().at(-1)).to.equal(
      'methods go on although they are cancelled; stopping without them',
    );
  });
}).timeout(60_000);
