import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';

import { CurrentIdentity } from '@patchbay/grpc/secure';
import { ObjectServer } from '@patchbay/grpc/server';
import { TestAuthority } from '@patchbay/grpc/testing';
import { type NameServer, startNameServer } from '@patchbay/nameserver';
import { silentLog, systemClock } from '@patchbay/objects';
import { defineObject, Dispatcher, method } from '@patchbay/objects/define';
import { eventually, freePort, Scratch } from '@patchbay/objects/testing';
import { connect } from '@patchbay/rpcclient';
import { hostIdentity, joinHost, RpcServer } from '@patchbay/rpcserver';

import { examine, type ExamineOptions } from '../src/doctor/examine.js';
import type { Finding } from '../src/doctor/finding.js';
import { lookAtSocket } from '../src/doctor/socket-file.js';
import { logIn } from '../src/identity.js';

/** A storage object whose nodes have a portal. */
const storage = (portal: string) =>
  defineObject({
    summary: 'Disks',
    methods: {
      list_nodes: method({
        summary: 'List the nodes',
        access: 'view',
        returns: z.array(z.object({ node: z.string(), target: z.object({ portal: z.string() }) })),
        run: () => [{ node: 'node7', target: { portal } }],
      }),
    },
  });

describe('rpcclient doctor', function () {
  this.timeout(30_000);
  let scratch: Scratch;
  let nameServer: NameServer;
  let socket: string;
  let environment: Readonly<Record<string, string>>;
  let server: RpcServer;
  let portal: ReturnType<typeof createServer>;
  let portalPort: number;

  before(async () => {
    scratch = await Scratch.make();
    socket = `unix:${scratch.file('run', 'socket')}`;
    const listen = ['127.0.0.1:0', socket];
    const stateDir = scratch.file('names');
    nameServer = await startNameServer({
      listen,
      stateDir,
      identity: true,
      log: silentLog,
      version: '1.2.3',
    });
    portal = createServer();
    portalPort = await freePort();
    await new Promise<void>((resolve) => portal.listen(portalPort, '127.0.0.1', resolve));
    const { token } = await admin('create_token', 'host', 'web1', { names: ['storage'] });
    await joinHost({ address: nameServer.address, token: String(token), stateDir: scratch.file('web1') });
    server = await RpcServer.start({
      ...{ identity: hostIdentity(scratch.file('web1')), stateDir: scratch.file('web1'), log: silentLog },
      objects: { storage: storage(`127.0.0.1:${String(portalPort)}`) },
      listen: ['127.0.0.1:0', `unix:${scratch.file('web', 'socket')}`],
    });
    await eventually(() => server.registered);
    environment = await loggedIn('alice');
    await admin('grant', 'user:alice', 'viewer', '**');
  });
  after(async () => {
    await server.close();
    await nameServer[Symbol.asyncDispose]();
    portal.close();
    await scratch.close();
  });

  async function call(
    object: string,
    name: string,
    args: readonly unknown[],
    onBehalfOf?: string,
  ): Promise<unknown> {
    await using client = connect({ nameServer: socket, insecure: true });
    return await client.call(object, name, args, onBehalfOf === undefined ? {} : { onBehalfOf });
  }

  async function admin(name: string, ...args: readonly unknown[]): Promise<Record<string, unknown>> {
    return (await call('identity', name, args)) as Record<string, unknown>;
  }

  /** Logs a user in, and returns the environment that has the identity. */
  async function loggedIn(name: string): Promise<Readonly<Record<string, string>>> {
    const { token } = await admin('create_user', name);
    const home = scratch.file(`home-${name}`);
    const path = join(home, 'patchbay', 'identity.json');
    await logIn({ address: nameServer.address, token: String(token), path });
    return { XDG_CONFIG_HOME: home };
  }

  /** Makes an environment whose `client.yaml` names a name server in its second line. */
  function configured(address: string, name: string): Readonly<Record<string, string>> {
    const home = scratch.file(name);
    mkdirSync(join(home, 'patchbay'), { recursive: true });
    writeFileSync(join(home, 'patchbay', 'client.yaml'), `# the cluster\nnameServer: ${address}\n`);
    return { XDG_CONFIG_HOME: home };
  }

  function run(options: Partial<ExamineOptions> = {}): Promise<readonly Finding[]> {
    const systemDirectory = scratch.file('etc');
    return examine({ environment, insecure: false, systemDirectory, dialMs: 2_000, ...options });
  }

  const failuresOf = (findings: readonly Finding[]): string[] =>
    findings.filter(({ ok }) => !ok).map(({ check }) => check);
  const find = (findings: readonly Finding[], check: string): Finding =>
    findings.find((each) => each.check === check && !each.ok) ?? expect.fail(JSON.stringify(findings));

  it('finds nothing wrong where all is well, by the socket and over TLS', async () => {
    const overTls = await run();
    expect(failuresOf(overTls), JSON.stringify(overTls)).to.deep.equal([]);
    expect(overTls.map(({ check }) => check)).to.include.members([
      ...['identity', 'dial', 'certificate', 'clock', 'cluster', 'caller', 'store', 'policy', 'name'],
      ...['registration', 'portal', 'socket'],
    ]);
    const bySocket = await run({ nameServer: socket, environment: {}, object: 'storage' });
    expect(failuresOf(bySocket), JSON.stringify(bySocket)).to.deep.equal([]);
  });

  it('names the line of the configuration whose name server is not there', async () => {
    const port = await freePort();
    const address = `127.0.0.1:${String(port)}`;
    const { of: what, todo } = find(await run({ environment: configured(address, 'dead') }), 'dial');
    expect(what).to.equal(`name server ${address}`);
    expect(todo).to.contain(join(scratch.file('dead'), 'patchbay', 'client.yaml:2'));
  });

  it('dials what the configuration of daemons names, and names its line', async () => {
    const etc = scratch.file('etc-daemons');
    mkdirSync(etc);
    const port = await freePort();
    writeFileSync(join(etc, 'rpcserver.yaml'), `listen: x\nnameServer: 127.0.0.1:${String(port)} # old\n`);
    const findings = await run({ systemDirectory: etc });
    expect(find(findings, 'dial').todo).to.contain(join(etc, 'rpcserver.yaml:2'));
    expect(findings.find(({ check }) => check === 'portal')?.ok).to.equal(true);
  });

  it('tells a name server of another cluster, and who issued its certificate', async () => {
    await using other = await startNameServer({
      ...{ listen: '127.0.0.1:0', stateDir: scratch.file('other'), identity: true },
      ...{ log: silentLog, version: '1.2.3' },
    });
    const { seen, todo } = find(await run({ nameServer: other.address }), 'pin');
    expect(seen).to.contain(`spiffe://${other.authority?.cluster ?? ''}/nameserver/`);
    expect(seen).to.contain('issued by');
    expect(todo).to.contain('--name-server');
  });

  it('tells clocks that are apart, with both', async () => {
    const ahead = await run({ now: () => Date.now() + 300_000 });
    expect(find(ahead, 'clock').seen).to.match(/^5m apart: this clock says .*, the name server's /);
  });

  it('tells who is not logged in, and with which command to log in', async () => {
    const findings = await run({ nameServer: nameServer.address, environment: {} });
    expect(failuresOf(findings)).to.deep.equal(['caller']);
    expect(find(findings, 'caller').todo).to.contain(`rpcclient login ${nameServer.address} --token -`);
  });

  it('tells who was revoked', async () => {
    const bob = await loggedIn('bob');
    await admin('disable_user', 'bob');
    const findings = await run({ environment: bob });
    expect(find(findings, 'caller').seen).to.contain('user:bob was revoked or disabled');
  });

  it('tells an endpoint that is dead, with its host', async () => {
    const port = await freePort();
    const claim = [{ name: 'host.web1' }];
    const lease = await call(
      'nameserver',
      'register',
      ['dead', `127.0.0.1:${String(port)}`, claim],
      'host:web1',
    );
    const { of: what, todo } = find(await run({ object: 'host.web1' }), 'dial');
    expect(what).to.equal(`host.web1 at 127.0.0.1:${String(port)} (host:web1)`);
    expect(todo).to.contain('the configuration of server dead on host:web1');
    await call('nameserver', 'unregister', [(lease as { leaseId: string }).leaseId], 'host:web1');
  });

  it('tells an endpoint that answers as another host', async () => {
    const { token } = await admin('create_token', 'host', 'web2');
    await joinHost({ address: nameServer.address, token: String(token), stateDir: scratch.file('web2') });
    const claim = [{ name: 'host.web2' }];
    const lease = await call('nameserver', 'register', ['s2', server.address, claim], 'host:web2');
    const { seen, todo } = find(await run({ object: 'host.web2' }), 'server');
    expect(seen).to.equal('host:web1 answers');
    expect(todo).to.contain('host:web2 registered this address');
    await call('nameserver', 'unregister', [(lease as { leaseId: string }).leaseId], 'host:web2');
  });

  it('tells an object that nobody registers', async () => {
    expect(find(await run({ object: 'storagf' }), 'name').seen).to.contain('storagf');
  });

  it('tells a portal that is closed', async () => {
    await new Promise((resolve) => portal.close(resolve));
    const { seen, todo } = find(await run({ object: 'storage' }), 'portal');
    expect(seen).to.match(new RegExp(`^127.0.0.1:${String(portalPort)}: connection refused`));
    expect(todo).to.contain('"portal" in the options of storage on host:web1');
    await new Promise<void>((resolve) => portal.listen(portalPort, '127.0.0.1', resolve));
  });

  it('ends in time where something accepts connections and never answers', async () => {
    const silent = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => silent.listen(port, '127.0.0.1', resolve));
    const beganMs = performance.now();
    const findings = await run({ nameServer: `127.0.0.1:${String(port)}`, environment: {}, dialMs: 200 });
    expect(find(findings, 'dial').seen).to.contain('did not answer within 200 ms');
    expect(performance.now() - beganMs).to.be.below(2_000);
    silent.close();
  });

  it('tells a server that speaks no TLS', async () => {
    const dispatcher = new Dispatcher({ clock: systemClock, log: silentLog });
    await using plain = await ObjectServer.start({ listen: '127.0.0.1:0', dispatcher });
    const { seen, todo } = find(await run({ nameServer: plain.address }), 'dial');
    expect(seen).to.equal('what answers there does not speak TLS');
    expect(todo).to.contain('--insecure');
  });

  describe('with the identity of an authority made with openssl', () => {
    let authority: TestAuthority;
    before(() => {
      authority = new TestAuthority('c1');
    });
    after(() => {
      authority[Symbol.dispose]();
    });

    /** Serves something with a certificate, and examines it as a name server. */
    async function examineWith(
      options: Parameters<TestAuthority['identity']>[1],
      health?: readonly [string, boolean],
    ): Promise<readonly Finding[]> {
      const dispatcher = new Dispatcher({ clock: systemClock, log: silentLog });
      const identity = new CurrentIdentity(authority.identity('nameserver/ns1', options));
      await using its = await ObjectServer.start({ listen: '127.0.0.1:0', dispatcher, identity });
      if (health !== undefined) {
        its.setHealth(...health);
      }
      const home = scratch.file('openssl');
      const path = join(home, 'patchbay', 'identity.json');
      mkdirSync(join(home, 'patchbay'), { recursive: true });
      const user = { ...authority.identity('user/eve'), nameServers: [its.address] };
      writeFileSync(path, JSON.stringify(user), { mode: 0o600 });
      return await run({ environment: { XDG_CONFIG_HOME: home } });
    }

    it('tells a certificate that has ended, with the times', async () => {
      const endsAtMs = Date.now() - 3_600_000;
      const { seen } = find(await examineWith({ endsAtMs }), 'certificate');
      expect(seen).to.contain(`to ${new Date(endsAtMs).toISOString().slice(0, 19)}Z only`);
    });

    it('tells a policy that is old, by the health of its server', async () => {
      const findings = await examineWith({}, ['patchbay.identity', false]);
      expect(find(findings, 'policy').seen).to.contain('has not heard of the authority for more than 2 min');
    });
  });

  describe('looks at a socket file', () => {
    it('that is not there', () => {
      expect(lookAtSocket('unix:/nonexistent/socket').todo).to.contain('start the server that listens on');
    });

    it('of another owner, in a directory that anybody may make', async () => {
      const directory = scratch.file('foreign');
      const path = join(directory, 'socket');
      mkdirSync(directory);
      const listening = createServer();
      await new Promise<void>((resolve) => listening.listen(path, resolve));
      chmodSync(scratch.file(''), 0o777);
      const own = process.geteuid?.() ?? 0;
      const foreign = 54_321;
      if (own === 0) {
        chownSync(path, foreign, foreign);
        chownSync(directory, foreign, foreign);
      }
      const { todo } = lookAtSocket(`unix:${path}`, own === 0 ? own : foreign);
      expect(todo).to.contain('do not call it');
      chmodSync(scratch.file(''), 0o700);
      listening.close();
    });

    it('in a directory where others may write', async () => {
      const path = scratch.file('open', 'socket');
      mkdirSync(scratch.file('open'));
      const listening = createServer();
      await new Promise<void>((resolve) => listening.listen(path, resolve));
      chmodSync(scratch.file('open'), 0o777);
      expect(lookAtSocket(`unix:${path}`).todo).to.contain('chmod go-w');
      listening.close();
    });

    it('that is none', () => {
      const path = scratch.file('plain-file');
      writeFileSync(path, '');
      expect(lookAtSocket(`unix:${path}`).todo).to.contain('is no socket');
    });
  });

  it('is a command: rows, or JSON, and an exit status', async () => {
    const command = join(import.meta.dirname, '../src/bin/rpcclient.js');
    const execute = (
      ...args: string[]
    ): Promise<{ status: number | string | null | undefined; stdout: string }> =>
      new Promise((resolve) => {
        const env = { ...process.env, ...environment };
        execFile(process.execPath, [command, 'doctor', ...args], { env }, (error, stdout) => {
          resolve({ status: error?.code ?? 0, stdout });
        });
      });
    const well = await execute('storage', '--name-server', socket);
    expect(well.status, well.stdout).to.equal(0);
    expect(well.stdout).to.match(/^CHECK +OF +RESULT +SEEN/i);
    const ill = await execute('storagf', '--name-server', socket, '--json');
    expect(ill.status).to.equal(5);
    const rows = JSON.parse(ill.stdout) as readonly Record<string, string>[];
    expect(rows.at(-1)).to.include({ check: 'name', result: 'failed' });
    expect(rows.at(-1)?.todo).to.be.a('string');
  });
});
