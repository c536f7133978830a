import { expect } from 'chai';
import { readdirSync } from 'node:fs';

import { grpcTransport } from '@patchbay/grpc/client';
import { type NameServer, startNameServer } from '@patchbay/nameserver';
import { silentLog, systemClock } from '@patchbay/objects';
import { freePort, RecordingLog, refusal, Scratch } from '@patchbay/objects/testing';
import { connectOver } from '@patchbay/session/client';

import { findIdentity, type FindIdentityOptions, type FoundIdentity } from '../src/find-identity.js';
import { joinHost } from '../src/join-host.js';
import { isSameServer } from '../src/same-server.js';

describe('A server that has no identity yet', function () {
  this.timeout(30_000);
  let scratch: Scratch;
  let socket: string;
  const open: AsyncDisposable[] = [];

  beforeEach(async () => {
    scratch = await Scratch.make();
    socket = `unix:${scratch.file('run', 'socket')}`;
  });
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) {
      await each[Symbol.asyncDispose]();
    }
    await scratch.close();
  });

  async function names(options: Partial<Parameters<typeof startNameServer>[0]> = {}): Promise<NameServer> {
    const server = await startNameServer({
      ...{ listen: socket, identity: { name: 'ns' }, stateDir: scratch.file('names') },
      ...{ log: silentLog, version: '1.2.3' },
      ...options,
    });
    open.push(server);
    return server;
  }

  function find(options: Partial<FindIdentityOptions> = {}): Promise<FoundIdentity> {
    return findIdentity({
      ...{ nameServer: socket, stateDir: scratch.file('state'), listen: `unix:${scratch.file('own')}` },
      ...{ ownSocket: () => undefined, clock: systemClock, log: silentLog },
      signal: new AbortController().signal,
      ...options,
    });
  }

  function admin(method: string, ...args: readonly unknown[]): Promise<unknown> {
    const client = connectOver(grpcTransport, socket);
    open.push(client);
    return client.call('identity', method, args);
  }

  it("enrols as its machine's host by the socket file, once", async () => {
    await names();
    const first = await find({ listen: '127.0.0.1:0' });
    expect(first.nameServer).to.equal(socket);
    expect(first.identity?.current).to.include({ kind: 'host' });
    const again = await find();
    expect(again.identity?.current).to.deep.equal(first.identity?.current);
  });

  it('has a key of its own beside those of other servers of the machine, and all end with their host', async () => {
    const server = await names();
    const one = await find({ stateDir: scratch.file('one') });
    const two = await find({ stateDir: scratch.file('two') });
    const host = one.identity?.current.name ?? '';
    expect(two.identity?.current.name).to.equal(host);
    expect(two.identity?.current.privateKey).to.not.equal(one.identity?.current.privateKey);
    const policy = server.authority?.policy;
    expect(policy?.find(`host:${host}`)?.fingerprints).to.have.length(2);
    await admin('revoke', `host:${host}`);
    expect(policy?.callerFor(`host:${host}`, 'test')).to.equal(undefined);
    await refusal(find({ stateDir: scratch.file('three') }), 'HOST_REVOKED');
  });

  it('starts without one where the name of its machine is that of a host that joined by a token', async () => {
    await names();
    const { identity } = await find({ stateDir: scratch.file('one') });
    const made = (await admin('replace_host', identity?.current.name)) as { readonly token: string };
    await joinHost({ address: socket, token: made.token, stateDir: scratch.file('other') });
    const log = new RecordingLog();
    expect(await find({ log })).to.deep.equal({ nameServer: socket, identity: undefined });
    expect(log.lines[0]?.message).to.match(/^cannot enrol this machine/);
    await refusal(find({ listen: '127.0.0.1:0' }), 'HOST_EXISTS');
  });

  it('enrols anew where the authority was made anew', async () => {
    const former = await names();
    const before = await find();
    await former[Symbol.asyncDispose]();
    await names({ stateDir: scratch.file('others') });
    const after = await find();
    expect(after.identity?.current.cluster).to.not.equal(before.identity?.current.cluster);
    expect(readdirSync(scratch.file('state'))).to.include('identity.json.old');
  });

  it('starts without one where it needs none, and the name server does not answer', async () => {
    const log = new RecordingLog();
    expect(await find({ log })).to.deep.equal({ nameServer: socket, identity: undefined });
    expect(log.lines[0]?.message).to.match(/^the name server does not answer; starting without/);
  });

  it('waits for the name server where it is to listen on TCP, and says so once', async () => {
    const log = new RecordingLog();
    const waited: string[] = [];
    const found = find({ listen: '127.0.0.1:0', log, onWait: (address) => waited.push(address) });
    while (waited.length === 0) {
      await new Promise(setImmediate);
    }
    await names();
    expect((await found).identity?.current).to.include({ kind: 'host' });
    expect(waited).to.deep.equal([socket]);
    expect(log.lines.filter(({ message }) => message.startsWith('waiting for'))).to.have.length(1);
  });

  it('stops waiting when it is stopped', async () => {
    const stop = new AbortController();
    const found = find({
      listen: '127.0.0.1:0',
      signal: stop.signal,
      onWait: () => {
        stop.abort(new Error('stopped'));
      },
    });
    const error = await found.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.an('error');
  });

  it('has none with a name server that has no authority, and is refused TCP there', async () => {
    await names({ identity: false, insecure: true });
    expect(await find()).to.deep.equal({ nameServer: socket, identity: undefined });
    const error = await refusal(find({ listen: '127.0.0.1:0' }), 'CONFIG_INVALID');
    expect(error.message).to.match(/without --insecure.*unix:.*--insecure here/);
  });

  it('enrols by the socket file of the name server that listens on the loopback port that it knows', async () => {
    const nameServer = `127.0.0.1:${String(await freePort())}`;
    await names({ listen: [socket, nameServer] });
    const found = await find({ nameServer, listen: '127.0.0.1:0', ownSocket: () => socket });
    expect(found.nameServer).to.equal(socket);
    expect(found.identity?.current.nameServers).to.deep.equal([socket, nameServer]);
  });

  it('takes no identity of another name server than the one that it knows', async () => {
    const port = await freePort();
    await names();
    await names({ listen: `127.0.0.1:${String(port)}`, stateDir: scratch.file('others') });
    const found = find({ nameServer: `127.0.0.1:${String(port)}`, ownSocket: () => socket });
    const error = await refusal(found, 'CONFIG_INVALID');
    expect(error.message).to.include(`rpcserver join 127.0.0.1:${String(port)} --token -`);
  });

  it('is told how to get one from a name server of another machine', async () => {
    const found = find({ nameServer: 'names.example:7440' });
    const error = await refusal(found, 'CONFIG_INVALID');
    expect(error.message).to.match(/rpcserver join names\.example:7440 --token -.*--insecure/);
  });
});

describe('An address that a name server listens on', () => {
  for (const [listened, dialled, is] of [
    ['127.0.0.1:7440', '127.0.0.1:7440', true],
    ['127.0.0.1:7440', 'localhost:7440', true],
    ['0.0.0.0:7440', '127.0.0.1:7440', true],
    ['127.0.0.1:7440', '127.0.0.1:7441', false],
    ['10.0.0.1:7440', '127.0.0.1:7440', false],
    ['127.0.0.2:7440', '127.0.0.1:7440', false],
    ['0.0.0.0:7440', '10.0.0.2:7440', false],
    ['unix:/run/socket', '127.0.0.1:7440', false],
  ] as const) {
    it(`${is ? 'is' : 'is not'}, being ${listened}, the one dialled as ${dialled}`, () => {
      expect(isSameServer(listened, dialled)).to.equal(is);
    });
  }
});
