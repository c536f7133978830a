import type { Client, ClientReadableStream } from '@grpc/grpc-js';
import { expect } from 'chai';
import { existsSync, lstatSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

import {
  type Authorize,
  type Caller,
  type Log,
  type MethodSignature,
  silentLog,
  systemClock,
} from '@patchbay/objects';
import { checkListenAddress, defineObject, Dispatcher, method } from '@patchbay/objects/define';
import { refusal, Scratch } from '@patchbay/objects/testing';

import { connectTo } from '../../src/client/index.js';
import { ObjectServer } from '../../src/server/index.js';
import { dial, readAll } from '../../src/testing/foreign-client.js';

interface Objects extends Client {
  Call(request: object): ClientReadableStream<unknown>;
}

describe('A server on a socket file', function () {
  this.timeout(20_000);
  let scratch: Scratch;
  let path: string;
  let callers: Caller[];

  beforeEach(async () => {
    scratch = await Scratch.make();
    path = scratch.file('run', 'socket');
    callers = [];
  });
  afterEach(() => scratch.close());

  function start(
    listen: string | readonly string[] = `unix:${path}`,
    log: Log = silentLog,
  ): Promise<ObjectServer> {
    const authorize: Authorize = ({ action, caller }) => {
      if (action === 'call') {
        callers.push(caller);
      }
    };
    const dispatcher = new Dispatcher({ clock: systemClock, log, authorize });
    const greet = method({ summary: 'Greet', args: [], returns: z.string(), run: () => 'hello' });
    dispatcher.host('greeter', defineObject({ summary: 'A greeter', methods: { greet } }));
    return ObjectServer.start({ listen, dispatcher });
  }

  async function greet(address: string): Promise<unknown> {
    await using client = connectTo(address);
    return await client.proxy<{ greet: MethodSignature<[], string> }>('greeter').greet();
  }

  /** Leaves a socket on which nobody listens, as a killed server does. */
  async function leaveSocket(): Promise<void> {
    await using server = await start(`unix:${path}.old`);
    renameSync(`${path}.old`, path);
    expect(server.address).to.equal(`unix:${path}.old`);
  }

  it('serves calls there and over TCP at once, and knows who calls where', async () => {
    await using server = await start(['127.0.0.1:0', `unix://${path}`]);
    const [tcp = '', socket = ''] = server.addresses;
    expect(server.address).to.equal(tcp);
    expect(socket).to.equal(`unix:${path}`);
    for (const address of [tcp, socket]) {
      expect(await greet(address)).to.equal('hello');
      const objects = dial<Objects>(address, 'patchbay/v1/objects.proto', 'patchbay.v1.ObjectServer');
      const { error } = await readAll(objects.Call({ object: 'greeter', method: 'greet' }));
      objects.close();
      expect(error).to.equal(undefined);
    }
    await server.probe();
    const seen = callers.map(({ principal, peer }) => [principal, peer.replace(/\d+$/, 'PORT')]);
    const remote = ['anonymous', '127.0.0.1:PORT'];
    const local = ['local', socket];
    expect(seen).to.deep.equal([remote, remote, local, local]);
  });

  it('makes its directory, lets the group in, and leaves no file behind', async () => {
    const server = await start();
    expect(lstatSync(path).isSocket()).to.equal(true);
    expect(statSync(path).mode & 0o777).to.equal(0o660);
    expect(statSync(dirname(path)).mode & 0o777).to.equal(0o750);
    await server[Symbol.asyncDispose]();
    expect(readdirSync(dirname(path))).to.deep.equal([]);
  });

  it('takes the place of one that was killed', async () => {
    await leaveSocket();
    await checkListenAddress(`unix:${path}`);
    await using server = await start();
    expect(await greet(server.address)).to.equal('hello');
    expect(readdirSync(dirname(path))).to.deep.equal(['socket']);
  });

  it('leaves one that is alive in peace', async () => {
    await using server = await start();
    const { message } = await refusal(start(), 'LISTEN_FAILED');
    expect(message).to.equal(
      `cannot listen on unix:${path}: address already in use; is another server there?`,
    );
    await refusal(checkListenAddress(`unix:${path}`), 'LISTEN_FAILED');
    await checkListenAddress(`unix:${path}`, { anyPort: true });
    expect(await greet(server.address)).to.equal('hello');
  });

  it('touches nothing that is not a socket', async () => {
    const file = scratch.file('file');
    writeFileSync(file, 'precious');
    for (const attempt of [start, checkListenAddress]) {
      expect((await refusal(attempt(`unix:${file}`), 'LISTEN_FAILED')).message).to.match(
        /is not a socket; remove it/,
      );
    }
    expect(statSync(file).size).to.equal(8);
  });

  it('makes the directories that are missing, the last for its group alone, and a check makes none', async () => {
    const far = `unix:${scratch.file('a/b/socket')}`;
    await checkListenAddress(far);
    expect(readdirSync(scratch.path)).to.deep.equal([]);
    await using server = await start(far);
    expect(server.address).to.equal(far);
    expect(statSync(scratch.file('a/b')).mode & 0o777).to.equal(0o750);
  });

  it('cannot be below what is no directory', async () => {
    writeFileSync(scratch.file('a'), '');
    for (const attempt of [start, checkListenAddress]) {
      const { message } = await refusal(attempt(`unix:${scratch.file('a/b/socket')}`), 'LISTEN_FAILED');
      expect(message).to.match(/the directory .*\/a\/b cannot be used: not a directory/);
    }
  });

  it('gives back what it bound when a further address cannot be', async () => {
    await using other = await start('127.0.0.1:0');
    await refusal(start([`unix:${path}`, other.address]), 'LISTEN_FAILED');
    expect(existsSync(path)).to.equal(false);
  });

  describe('that cannot be reached', () => {
    it('is missed by the name of the file', async () => {
      const { message } = await refusal(greet(`unix:${path}`), 'CONNECTION_LOST');
      expect(message).to.equal(
        `no connection to unix:${path}: no such file or directory; the server makes the file when it starts: is it running, and is that its path?`,
      );
    });

    it('is said to have ended, where it left its socket', async () => {
      await leaveSocket();
      const { message } = await refusal(greet(`unix:${path}`), 'CONNECTION_LOST');
      expect(message).to.match(/connection refused; the server that made the file has ended: start it$/);
    });

    it('is told from a file of another kind', async () => {
      const file = scratch.file('file');
      writeFileSync(file, '');
      const { message } = await refusal(greet(`unix:${file}`), 'CONNECTION_LOST');
      expect(message).to.match(/connection refused; the file is not a socket$/);
    });
  });
});
