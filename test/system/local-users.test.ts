import { expect } from 'chai';
import { chmodSync, chownSync, existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';

import { Scratch } from '@patchbay/objects/testing';
import { connect } from '@patchbay/rpcclient';

import { root } from '../repository.js';
import { type Outcome, run } from './command.js';
import { Daemon } from './daemon.js';
import { describeSystem } from './scratch.js';

/** A user of the machine who is nobody's friend, and a group that is let in. */
const nobody = 65_534;
const group = 54_321;

/** Returns the inodes of sockets that listen on TCP in this network. */
function listening(): Set<string> {
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].filter((path) => existsSync(path));
  const rows = tables.flatMap((path) => readFileSync(path, 'utf8').trim().split('\n').slice(1));
  const fields = rows.map((row) => row.trim().split(/\s+/));
  return new Set(fields.filter(([, , , state]) => state === '0A').map((each) => each[9] ?? ''));
}

/** Returns how many TCP ports a process listens on. */
function portsOf(pid: number): number {
  const open = readdirSync(`/proc/${String(pid)}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${String(pid)}/fd/${fd}`);
    } catch {
      return ''; // closed meanwhile
    }
  });
  const inodes = open.map((file) => /^socket:\[(\d+)\]$/.exec(file)?.[1] ?? '');
  const ports = listening();
  return inodes.filter((inode) => ports.has(inode)).length;
}

describeSystem('A user of the machine, with tools that are not ours', ['curl', 'openssl', 'setpriv'], () => {
  let scratch: Scratch;
  let names: Daemon;
  let server: Daemon;
  let sockets: Readonly<Record<'nameserver' | 'rpcserver', string>>;

  before(async () => {
    scratch = await Scratch.make();
    for (const directory of [scratch.path, dirname(scratch.path)]) {
      chmodSync(directory, 0o755); // so that the socket's own directory alone keeps others out
    }
    sockets = {
      nameserver: scratch.file('run/nameserver/socket'),
      rpcserver: scratch.file('run/rpcserver/socket'),
    };
    const nameServer = `unix:${sockets.nameserver}`;
    await using client = connect({ nameServer });
    // A umask that takes nothing away must not open the sockets either.
    const openly = ['sh', '-c', 'umask 0 && exec "$@"', 'sh'];
    names = await Daemon.start(
      [...openly, 'nameserver', 'start', '--listen', nameServer, '--state-dir', scratch.file('names')],
      scratch.file('nameserver.log'),
    );
    await names.ready(() => client.describe('nameserver'));
    const configuration = scratch.file('rpcserver.yaml');
    const workshop = join(root, 'packages/rpcserver/dist/test/fixtures/workshop.js');
    const text = [
      `nameServer: ${nameServer}`,
      `listen: unix:${sockets.rpcserver}`,
      `stateDir: ${scratch.file('state')}`,
      `objects: [{ name: workshop, module: ${workshop} }]`,
    ].join('\n');
    await writeFile(configuration, text);
    server = await Daemon.start(
      [...openly, 'rpcserver', 'start', '--config', configuration],
      scratch.file('rpcserver.log'),
    );
    await server.ready(() => client.describe('workshop'));
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    await names[Symbol.asyncDispose]();
    await scratch.close();
  });

  /** Runs a command as somebody else. */
  function as(groups: string, words: readonly string[]): Promise<Outcome> {
    return run(['setpriv', `--reuid=${String(nobody)}`, `--regid=${String(nobody)}`, groups, ...words]);
  }

  const curl = (path: string): readonly string[] => [
    ...['curl', '--silent', '--show-error', '--http2-prior-knowledge', '--max-time', '10'],
    ...['--unix-socket', path, '--header', 'content-type: application/grpc', '--header', 'te: trailers'],
    ...['--data-binary', '@/dev/null', '--output', '/dev/null', '--write-out', '%{http_code}'],
    'http://localhost/patchbay.v1.NameServer/Info',
  ];
  const raw = (path: string): readonly string[] => [
    process.execPath,
    '-e',
    `require('node:http2').connect('http://localhost', {
      createConnection: () => require('node:net').connect(process.argv[1]),
    }).on('error', ({ code }) => { console.log(code); process.exit(1); })
      .on('remoteSettings', () => { console.log('connected'); process.exit(0); })`,
    path,
  ];

  for (const daemon of ['nameserver', 'rpcserver'] as const) {
    it(`cannot open the socket of the ${daemon}, nor see it`, async () => {
      const path = sockets[daemon];
      expect(statSync(join(path, '..')).mode & 0o777).to.equal(0o750);
      expect(statSync(path).mode & 0o777).to.equal(0o660);
      const byCurl = await as('--clear-groups', curl(path));
      expect(byCurl.status, byCurl.stderr).to.equal(7); // could not connect
      expect((await as('--clear-groups', raw(path))).stdout).to.equal('EACCES\n');
      const byTls = await as('--clear-groups', ['openssl', 's_client', '-unix', path]);
      expect(byTls.stderr).to.match(/Permission denied/);
      expect((await as('--clear-groups', ['ls', join(path, '..')])).stderr).to.match(/Permission denied/);
      const taking = await as('--clear-groups', ['mv', path, `${path}.mine`]);
      expect(taking.stderr).to.match(/Permission denied/);
    });

    it(`has no TCP port of the ${daemon} to try`, () => {
      expect(portsOf((daemon === 'nameserver' ? names : server).pid)).to.equal(0);
    });
  }

  it('would be found to have one', async () => {
    const before = portsOf(process.pid);
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    expect(portsOf(process.pid)).to.equal(before + 1);
    other.close();
  });

  it('gets in as a member of the group of the directory and the socket', async () => {
    const path = sockets.nameserver;
    for (const file of [join(path, '..'), path]) {
      chownSync(file, 0, group);
    }
    const member = `--groups=${String(group)}`;
    expect((await as(member, raw(path))).stdout).to.equal('connected\n');
    const byCurl = await as(member, curl(path));
    expect(byCurl.stdout, byCurl.stderr).to.equal('200');
    expect((await as('--clear-groups', raw(path))).stdout).to.equal('EACCES\n');
  });

  it('is told of no TLS on a socket, which has the operating system for that', async () => {
    const { status, stdout } = await run(['openssl', 's_client', '-unix', sockets.rpcserver, '-alpn', 'h2']);
    expect(status).to.not.equal(0);
    expect(stdout).to.match(/no peer certificate available/);
    await using client = connect({ nameServer: `unix:${sockets.nameserver}` });
    await client.describe('workshop'); // which is none the worse for it
  });
});
