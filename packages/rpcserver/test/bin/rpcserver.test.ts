import { expect } from 'chai';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';

import { callsName, type CallsObject } from '@patchbay/calls';
import { connectTo } from '@patchbay/grpc/client';
import { TestNameServer } from '@patchbay/nameserver/testing';
import { isRpcError, type SignaturesOf } from '@patchbay/objects';
import { eventually, refusal, Scratch } from '@patchbay/objects/testing';

import type { Workshop } from '../fixtures/workshop.js';
import { namesIn, type Outcome, ServerProcess, writeConfiguration } from './server-process.js';

const refusing = fileURLToPath(new URL('../fixtures/refusing.js', import.meta.url));

async function run(...words: string[]): Promise<Outcome> {
  await using server = new ServerProcess(...words);
  return await server.end();
}

async function read(file: string): Promise<string> {
  return await readFile(file, 'utf8');
}

describe('rpcserver start', () => {
  it('hosts the objects of its configuration, and registers them', async () => {
    await using nameServer = await TestNameServer.start();
    await using scratch = await Scratch.make();
    await using server = await ServerProcess.serving(scratch, { nameServer: nameServer.address });
    await eventually(async () => (await nameServer.addressOf('workshop')) === server.address);
    await using client = connectTo(server.address);
    const workshop = client.proxy<Workshop>('workshop');
    expect(await workshop.options()).to.deep.equal({ color: 'red' });
    expect(await workshop.state_directory()).to.equal(scratch.file('state', 'objects', 'workshop'));
  });

  it('logs calls, and shows the log as an object', async () => {
    await using nameServer = await TestNameServer.start();
    await using scratch = await Scratch.make();
    const settings = {
      nameServer: nameServer.address,
      calls: { incoming: 'all', results: true },
      logCalls: 'all',
    };
    await using server = await ServerProcess.serving(scratch, settings);
    const ownCalls = callsName('rpcserver', hostname());
    await eventually(async () => (await nameServer.addressOf(ownCalls)) === server.address);
    await using client = connectTo(server.address);
    await client.proxy<Workshop>('workshop').echo('hello');
    const { calls } = await client.proxy<SignaturesOf<CallsObject>>(ownCalls).list({ method: 'workshop.*' });
    const line = server.log.find(({ method }) => method === 'echo');
    expect(calls).to.have.lengthOf(1);
    expect(calls[0]).to.deep.include({
      caller: 'anonymous',
      object: 'workshop',
      method: 'echo',
      arguments: ['hello'],
      answer: 'hello',
      callId: line?.callId,
    });
    expect((await stat(scratch.file('state', 'calls.sqlite'))).mode & 0o777).to.equal(0o600);
  });

  it('shares the names that its configuration marks as shared', async () => {
    await using nameServer = await TestNameServer.start();
    await using scratch = await Scratch.make();
    const file = await writeConfiguration(scratch, { nameServer: nameServer.address });
    const configuration = JSON.parse(await read(file)) as { objects: object[] };
    const objects = configuration.objects.map((each) => ({ ...each, shared: true }));
    await nameServer.registry.register('other', '127.0.0.1:1', [{ name: 'workshop', shared: true }]);
    await using server = await ServerProcess.serving(scratch, { nameServer: nameServer.address, objects });
    await eventually(async () => {
      const { endpoints } = await nameServer.registry.lookup('workshop');
      return endpoints.some(({ address }) => address === server.address) && endpoints.length === 2;
    });
  });

  it('takes a name from its owner with --replace', async () => {
    await using nameServer = await TestNameServer.start();
    await using scratch = await Scratch.make();
    const { registry } = nameServer;
    const { leaseId } = await registry.register('other', '127.0.0.1:1', [{ name: 'workshop' }]);
    const file = await writeConfiguration(scratch, { nameServer: nameServer.address });
    await using server = new ServerProcess('start', '--config', file, '--replace');
    await eventually(async () => (await nameServer.addressOf('workshop')) === server.address);
    expect((await registry.keepAlive(leaseId)).lost).to.deep.equal(['workshop']);
  });

  it('prefers the name server of a flag to that of the file', async () => {
    await using nameServer = await TestNameServer.start();
    await using scratch = await Scratch.make();
    const file = await writeConfiguration(scratch, { nameServer: '127.0.0.1:1' });
    await using server = new ServerProcess('start', '--config', file, '--name-server', nameServer.address);
    await eventually(async () => (await nameServer.addressOf('workshop')) === server.address, 30_000);
  });

  it('lets a running call finish on SIGTERM, refuses new ones, closes its objects and exits with 0', async () => {
    await using nameServer = await TestNameServer.start();
    await using scratch = await Scratch.make();
    await using server = await ServerProcess.serving(scratch, { nameServer: nameServer.address });
    await eventually(async () => (await namesIn(nameServer)).length === 1);
    await using client = connectTo(server.address);
    const workshop = client.proxy<Workshop>('workshop');
    const running = workshop.work(1_500, scratch.file('work'));
    await eventually(async () => (await read(scratch.file('work'))) === 'begun');
    server.kill('SIGTERM');
    await eventually(async () => (await namesIn(nameServer)).length === 0);
    // It drains once it knows that its names are gone; others may know a moment earlier.
    const refused = (): Promise<boolean> =>
      workshop.echo('hello').then(
        () => false,
        (error: unknown) => isRpcError(error, 'SERVER_DRAINING'),
      );
    await eventually(refused);
    expect(await running).to.equal('finished');
    const { status } = await server.end();
    expect(status).to.equal(0);
    expect(server.log.map(({ message }) => message)).to.include('the workshop is closed');
    const complaints = server.log.filter(({ level }) => level === 'warn' || level === 'error');
    expect(complaints.map(({ message }) => message)).to.deep.equal([
      'insecure: everybody who can connect by TCP is an admin, and nothing is encrypted',
    ]);
  });

  it('cancels calls after the limit on SIGTERM, and lets them clean up', async () => {
    await using nameServer = await TestNameServer.start();
    await using scratch = await Scratch.make();
    await using server = await ServerProcess.serving(scratch, {
      nameServer: nameServer.address,
      drain: '200ms',
    });
    await using client = connectTo(server.address);
    const running = refusal(client.proxy<Workshop>('workshop').work(60_000, scratch.file('work')));
    await eventually(async () => (await read(scratch.file('work'))) === 'begun');
    server.kill('SIGTERM');
    expect((await server.end()).status).to.equal(0);
    expect(await read(scratch.file('work'))).to.equal('cut short');
    expect((await running).reason).to.equal('SERVER_STOPPED');
  });

  it('exits although a method ignores its cancellation', async () => {
    await using nameServer = await TestNameServer.start();
    await using scratch = await Scratch.make();
    await using server = await ServerProcess.serving(scratch, { nameServer: nameServer.address, drain: 0 });
    await using client = connectTo(server.address);
    const running = refusal(client.proxy<Workshop>('workshop').work_stubbornly(60_000, scratch.file('work')));
    await eventually(async () => (await read(scratch.file('work'))) === 'begun');
    const startedAt = performance.now();
    server.kill('SIGTERM');
    expect((await server.end()).status).to.equal(0);
    expect(performance.now() - startedAt).to.be.below(15_000);
    expect((await running).reason).to.equal('SERVER_STOPPED');
  });

  it('exits at once with 1 on a second SIGTERM', async () => {
    await using nameServer = await TestNameServer.start();
    await using scratch = await Scratch.make();
    await using server = await ServerProcess.serving(scratch, { nameServer: nameServer.address });
    await using client = connectTo(server.address);
    const running = refusal(client.proxy<Workshop>('workshop').work(60_000, scratch.file('work')));
    await eventually(async () => (await read(scratch.file('work'))) === 'begun');
    server.kill('SIGTERM');
    await server.logged('RPC server is stopping');
    server.kill('SIGTERM');
    expect((await server.end()).status).to.equal(1);
    expect((await running).reason).to.equal('CONNECTION_LOST');
  });

  it('exits on SIGTERM while its objects are still being created', async () => {
    await using scratch = await Scratch.make();
    await writeFile(
      scratch.file('slow.mjs'),
      `export default (options, { log, signal }) => new Promise((resolve, reject) => {
        log.info('making');
        const timer = setTimeout(resolve, 60_000);
        signal.addEventListener('abort', () => { clearTimeout(timer); reject(signal.reason); });
      });`,
    );
    const file = await writeConfiguration(scratch, { objects: [{ name: 'slow', module: './slow.mjs' }] });
    await using server = new ServerProcess('start', '--config', file);
    await server.logged('making');
    server.kill('SIGTERM');
    expect((await server.end()).status).to.equal(0);
    expect(server.log.at(-1)?.message).to.equal('RPC server stopped before it was ready');
  });

  const wrong: [title: string, keys: Record<string, unknown>, status: number, line: RegExp][] = [
    ['an unknown key', { listne: 'a:1' }, 2, /:\d+: listne: unknown key; did you mean "listen"\?$/],
    [
      'an unknown key of an object',
      { objects: [{ nmae: 'a', name: 'a', module: './a.js' }] },
      2,
      /:6: objects\[0\]\.nmae: unknown key; did you mean "name"\?$/,
    ],
    ['no state directory', { stateDir: undefined }, 2, /stateDir: is required$/],
    ['no objects', { objects: [] }, 2, /objects: /],
    [
      'a name that is not valid',
      { objects: [{ name: '../a', module: './a.js' }] },
      2,
      /objects\[0\]\.name: must begin/,
    ],
    [
      'the name of the name server',
      { objects: [{ name: 'nameserver', module: './a.js' }] },
      2,
      /objects\[0\]\.name: "nameserver" is the name server's own name$/,
    ],
    [
      'a name that is listed twice',
      {
        objects: [
          { name: 'a', module: './a.js' },
          { name: 'a', module: './b.js' },
        ],
      },
      2,
      /objects\[1\]\.name: "a" is listed twice$/,
    ],
    [
      'a name server that is no address',
      { nameServer: 'here' },
      2,
      /:\d+: nameServer: address "here": must be host:port/,
    ],
    ['an advertised port 0', { advertise: 'a.example:0' }, 2, /advertise: clients cannot connect to port 0$/],
    ['a lease that is too short', { lease: '10ms' }, 2, /:\d+: lease: /],
    ['a lease that is too long', { lease: '2h' }, 2, /:\d+: lease: /],
    [
      'an address that other machines can reach',
      { listen: '0.0.0.0:0', insecure: true },
      2,
      /"0\.0\.0\.0:0" can be reached from other machines, .* give --insecure=network/,
    ],
    [
      'a name server of another machine, where it has no identity',
      { nameServer: 'names.example:7440', insecure: false },
      2,
      /:\d+: nameServer: .*"names\.example:7440" .*run "rpcserver join names\.example:7440 --token -".*--insecure/,
    ],
    [
      'no advertised address while it listens on all addresses',
      { listen: '0.0.0.0:0', insecure: 'network' },
      2,
      /"0\.0\.0\.0:0" is not an address that clients can connect to; set "advertise"/,
    ],
  ];
  for (const command of ['start', 'check-config']) {
    for (const [title, keys, status, line] of wrong) {
      it(`is refused ${title}, in one line, by ${command}`, async () => {
        await using scratch = await Scratch.make();
        const file = await writeConfiguration(scratch, keys);
        const outcome = await run(...(command === 'start' ? ['start', '--config', file] : [command, file]));
        expect(outcome.stderr.trimEnd().split('\n')).to.have.length(1);
        expect(outcome.stderr.trimEnd())
          .to.match(line)
          .and.match(/^error: INVALID_ARGUMENT CONFIG_INVALID: /);
        expect(outcome).to.include({ status, stdout: '' });
      });
    }
  }

  const cannot: [
    title: string,
    keys: (scratch: Scratch) => Promise<Record<string, unknown>>,
    line: RegExp,
  ][] = [
    [
      'a module that is not there',
      () => Promise.resolve({ objects: [{ name: 'a', module: './nowhere.js' }] }),
      /^error: INVALID_ARGUMENT MODULE_NOT_FOUND: \S+:\d+: objects\[0\]\.module: object "a": there is no module "\.\/nowhere\.js" in /,
    ],
    [
      'options that an object refuses',
      () => Promise.resolve({ objects: [{ name: 'a', module: refusing, options: { size: 'large' } }] }),
      /^error: INVALID_ARGUMENT CONFIG_INVALID: \S+:\d+: objects\[0\]\.options\.size: must be a number$/m,
    ],
    [
      'a state directory that is a file',
      async (scratch) => {
        await writeFile(scratch.file('file'), '');
        return { stateDir: './file' };
      },
      /^error: FAILED_PRECONDITION STATE_DIRECTORY_UNUSABLE: \S+:\d+: stateDir: the state directory \S+file cannot be used: /,
    ],
    [
      'a state directory that nobody can make',
      () => Promise.resolve({ stateDir: '/dev/null/state' }),
      /^error: FAILED_PRECONDITION STATE_DIRECTORY_UNUSABLE: \S+:\d+: stateDir: the state directory \/dev\/null\/state cannot be used: /,
    ],
    [
      'an address of another host',
      () => Promise.resolve({ listen: '192.0.2.1:0', insecure: 'network' }),
      /^error: FAILED_PRECONDITION LISTEN_FAILED: \S+:\d+: listen: cannot listen on 192\.0\.2\.1:0: not an address of this host; give /,
    ],
  ];
  for (const [title, keysOf, line] of cannot) {
    it(`cannot start with ${title}, and reports it in the line of check-config, before it makes anything`, async () => {
      await using scratch = await Scratch.make();
      const file = await writeConfiguration(scratch, await keysOf(scratch));
      const before = await readdir(scratch.path);
      const { status, stderr } = await run('start', '--config', file);
      expect(stderr.trimEnd().split('\n')).to.have.length(1);
      expect(stderr).to.match(line);
      expect(status).to.be.oneOf([2, 5]);
      expect(await readdir(scratch.path)).to.deep.equal(before);
      expect(await run('check-config', file)).to.deep.equal({ status, stdout: '', stderr });
    });
  }

  it("cannot start on another server's state directory, but takes over that of a killed one", async () => {
    await using scratch = await Scratch.make();
    const file = await writeConfiguration(scratch, { nameServer: '127.0.0.1:1' });
    await using first = await ServerProcess.serving(scratch, { nameServer: '127.0.0.1:1' });
    const { status, stderr } = await run('start', '--config', file);
    expect(status).to.equal(5);
    expect(stderr).to.match(
      new RegExp(
        `^error: FAILED_PRECONDITION STATE_DIRECTORY_LOCKED: .*another RPC server, process ${String(first.pid)}; stop .*\\n$`,
      ),
    );
    first.kill('SIGKILL');
    await first.end();
    await using second = await ServerProcess.serving(scratch, { nameServer: '127.0.0.1:1' });
    expect(second.pid).to.not.equal(first.pid);
  });

  it('cannot start if its address is in use, and reports it in one line', async () => {
    await using nameServer = await TestNameServer.start();
    await using scratch = await Scratch.make();
    const file = await writeConfiguration(scratch, { listen: nameServer.address });
    const { status, stderr } = await run('start', '--config', file);
    const [line = '', ...more] = stderr.trimEnd().split('\n');
    expect(line).to.match(
      /^error: FAILED_PRECONDITION LISTEN_FAILED: \S+:\d+: listen: cannot listen on 127\.0\.0\.1:\d+: .*is another server there\?$/,
    );
    expect(more).to.deep.equal([]);
    expect(status).to.equal(5);
  });
}).timeout(60_000);

describe('rpcserver check-config', () => {
  it('finds nothing wrong with what a running server listens on', async () => {
    await using scratch = await Scratch.make();
    await using server = await ServerProcess.serving(scratch, { nameServer: '127.0.0.1:1' });
    const file = await writeConfiguration(scratch, { listen: server.address });
    expect(await run('check-config', file)).to.include({ status: 0, stderr: '' });
  });

  it('reports that a configuration is valid, and starts nothing', async () => {
    await using scratch = await Scratch.make();
    const file = await writeConfiguration(scratch, {});
    expect(await run('check-config', file)).to.deep.equal({
      status: 0,
      stdout: `${file} is fine\n`,
      stderr: '',
    });
  });

  it('reports each problem of the objects in a line with its location, and with --json as a list', async () => {
    await using scratch = await Scratch.make();
    const file = await writeConfiguration(scratch, {
      objects: [
        { name: 'a', module: './nowhere.js' },
        { name: 'b', module: refusing, options: { size: 'large' } },
      ],
      log: { file: './nowhere/daemon.log' },
    });
    const { status, stderr } = await run('check-config', file);
    expect(status).to.equal(2);
    const lines = stderr.trimEnd().split('\n');
    expect(lines).to.have.length(3);
    expect(lines[0]).to.match(
      /CONFIG_INVALID: rpcserver\.yaml:\d+: log\.file: the log file \S+ cannot be opened/,
    );
    expect(lines[1]).to.match(
      /MODULE_NOT_FOUND: rpcserver\.yaml:\d+: objects\[0\]\.module: object "a": there is no/,
    );
    expect(lines[2]).to.match(
      /CONFIG_INVALID: rpcserver\.yaml:\d+: objects\[1\]\.options\.size: must be a number$/,
    );
    const asJson = await run('check-config', file, '--json');
    expect(asJson.status).to.equal(2);
    const error = JSON.parse(asJson.stderr) as { details: { errors: unknown[] } };
    expect(error).to.include({ reason: 'CONFIG_INVALID', message: `${file} is not fine` });
    expect(error.details.errors).to.have.length(3);
    const { problems } = JSON.parse(asJson.stdout) as { problems: Record<string, string>[] };
    expect(problems.map(({ reason }) => reason)).to.deep.equal([
      'CONFIG_INVALID',
      'MODULE_NOT_FOUND',
      'CONFIG_INVALID',
    ]);
    expect(problems[2]).to.include({ key: 'objects[1].options.size', message: 'must be a number' });
    expect(await readdir(scratch.path), 'nothing was made').to.deep.equal(['rpcserver.yaml']);
  });
}).timeout(60_000);
