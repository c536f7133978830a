import { expect } from 'chai';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { initAuthority, startNameServer } from '@patchbay/nameserver';
import { silentLog } from '@patchbay/objects';
import { Scratch } from '@patchbay/objects/testing';
import { connect, readApiKeyFile } from '@patchbay/rpcclient';
import { joinHost } from '@patchbay/rpcserver';

import { root } from '../repository.js';
import { run } from './command.js';
import { Daemon } from './daemon.js';

/** Examples with a server and a client: an object of the server, and the lines that the client prints. */
const examples: readonly {
  readonly name: string;
  readonly object: string;
  readonly lines: readonly string[];
  /** The programs, where they are not compiled. */
  readonly programs?: readonly [server: string, client: string];
}[] = [
  {
    name: 'callbacks',
    object: 'cleaner',
    lines: [
      'keep the letters?',
      'keep the dust?',
      'keep the old maps?',
      'the cleaner took: dust',
      'thrown away: dust',
      "the caller's function failed: I cannot decide",
    ],
  },
  {
    name: 'fan-out',
    object: 'disks.rack1',
    lines: [
      'disks.rack1: 40 %',
      'disks.rack2: 95 %',
      'disks.rack3: 70 %',
      '1 could not be trimmed',
      'fulfilled fulfilled',
    ],
  },
  {
    name: 'from-pyro',
    object: 'example.warehouse',
    lines: [
      'chairs: 5',
      'example.warehouse in Oslo',
      'NOT_FOUND: there is no piano left, {"item":"piano"}',
      'beds: 1',
      'chair: 5',
      'lamp: 2',
      'bed: 1',
      'fulfilled, rejected',
      'desks: 1, sofas: 1',
      'counted: chair',
      'counted: lamp',
      'counted: bed',
      'counted: rug',
      'counted: desk',
      'counted: sofa',
      'in all: 10',
      'lamps: 2',
      'lamps: 2',
      'example.warehouse: fulfilled',
    ],
  },
  {
    name: 'objects',
    object: 'depot',
    lines: [
      'it is there: {"name":"map","sizeBytes":15}',
      'INVALID_ARGUMENT ARGUMENT_INVALID',
      'RESOURCE_EXHAUSTED ITEM_TOO_LARGE',
      'DEADLINE_PASSED',
      'CALL_CANCELLED',
      'held: 15 bytes',
      'items: 1',
      'still there: map',
    ],
  },
  {
    name: 'plain-javascript',
    object: 'counter',
    lines: ['3', '3 and 3 are more than 5, {"count":3}', '2', '1', '0'],
    programs: ['../plain-javascript/server.js', '../plain-javascript/client.cjs'],
  },
  {
    name: 'streaming',
    object: 'text',
    lines: ['the digest has 64 digits', '1: first', '2: second', '3: third', '3 lines'],
  },
  {
    name: 'typed-client',
    object: 'bank',
    lines: [
      'ada has 500',
      'ada has 750',
      'short: ada has 750 cents, not 1000',
      'closed the account of ada',
      'ada has 0',
    ],
  },
];

describe('The example', function () {
  this.timeout(60_000);

  for (const { name, object, lines, programs } of examples) {
    const [serverFile, clientFile] = programs ?? [`${name}/server.js`, `${name}/client.js`];
    it(`${name} prints what it promises`, async () => {
      await using scratch = await Scratch.make();
      const nameServer = `unix:${scratch.file('run', 'socket')}`;
      const environment = { PATCHBAY_NAMESERVER: nameServer, STATE_DIR: scratch.file('state') };
      await using client = connect({ nameServer });
      await using names = await Daemon.start(
        ['nameserver', 'start', '--listen', nameServer, '--state-dir', scratch.file('names')],
        scratch.file('nameserver.log'),
      );
      await names.ready(() => client.describe('nameserver'));
      await using server = await Daemon.start(
        ['node', join(root, 'examples/dist', serverFile)],
        scratch.file('server.log'),
        environment,
      );
      await server.ready(() => client.describe(object));

      const outcome = await run(['node', join(root, 'examples/dist', clientFile)], { environment });

      expect(outcome).to.deep.equal({ status: 0, stdout: `${lines.join('\n')}\n`, stderr: '' });
      expect(await server.terminate()).to.equal(0);
    });
  }

  it('signed knows the users of programs by their API keys, and fills in who they are', async () => {
    await using scratch = await Scratch.make();
    const [stateDir, keyFile] = [scratch.file('state'), scratch.file('api-key')];
    const about = { stateDir: scratch.file('names'), log: silentLog };
    const { tokens } = await initAuthority({ ...about, name: 'ns1' });
    await using names = await startNameServer({ ...about, listen: '127.0.0.1:0', version: '1.2.3' });
    const { address, authority = expect.fail() } = names;
    await joinHost({ stateDir, address, token: tokens.host.token, name: 'web1' });
    const { apiKeys, users, grants, records } = authority;
    await records.change(() => {
      const host = records.get('host', 'web1') ?? expect.fail();
      const value = { ...host, names: ['diary'] };
      return { changes: [{ kind: 'host', name: 'web1', value }], result: undefined };
    });
    await users.create('bot', [], 60_000, 'local');
    await grants.add({ to: 'user:bot', role: 'operator', objects: 'diary', methods: '*' }, 'local');
    await writeFile(keyFile, (await apiKeys.create('bot', 'local')).key, { mode: 0o600 });
    const environment = {
      ...{ PATCHBAY_NAMESERVER: address, PATCHBAY_INSECURE: '0' },
      ...{ STATE_DIR: stateDir, PATCHBAY_API_KEY_FILE: keyFile },
    };
    const program = (name: string): string => join(root, 'examples/dist/signed', name);
    await using server = await Daemon.start(
      ['node', program('server.js')],
      scratch.file('server.log'),
      environment,
    );
    await server.ready(async () => {
      expect(await server.log()).to.contain('serving at');
    });

    const outcome = await run(['node', program('client.js')], { environment });

    const lines = ['user:bot: it rained', 'user:bot: the sun shone', 'UNAUTHENTICATED: SIGNATURE_INVALID'];
    expect(outcome).to.deep.equal({ status: 0, stdout: `${lines.join('\n')}\n`, stderr: '' });
    const who = await run(['rpcclient', 'whoami', '--json'], { environment });
    expect(JSON.parse(who.stdout)).to.include({ principal: 'user:bot' });
    const listed = await run(['nameserver', 'list', '--json'], { environment });
    expect(listed.status, listed.stderr).to.equal(0);
    const policy = join(stateDir, 'policy.json');
    expect((await stat(policy)).mode & 0o777).to.equal(0o600);
    const { secret } = readApiKeyFile(keyFile);
    for (const file of [policy, scratch.file('server.log')]) {
      expect(await readFile(file, 'utf8')).not.to.contain(secret);
    }
    expect(await server.terminate()).to.equal(0);
  });

  it('identity is a cluster whose callers have roles, and leaves nothing', async () => {
    await using scratch = await Scratch.make();
    const environment = { TMPDIR: scratch.path, PATCHBAY_INSECURE: '0' };
    const outcome = await run(['node', join(root, 'examples/dist/identity/main.js')], { environment });

    const lines = [
      'web1 has registered its name: true',
      'alice is: user:alice of [ops]: operator on board.*',
      'alice writes: the lamp is broken (user:alice)',
      'alice writes on top: CALLER_REFUSED',
      'bob is: user:bob of [guests]: viewer on board.*',
      'bob reads: the lamp is broken (user:alice)',
      'bob writes: CALLER_REFUSED',
      'desk1 writes for alice: it was repaired (user:alice, by host:desk1)',
      'desk1 writes for bob: CALLER_REFUSED',
      'desk1 reads for alice: DELEGATION_REFUSED',
      'desk1 writes: CALLER_REFUSED',
      'carol reads: CALLER_REFUSED',
      'carol is: user:carol of [visitors]: viewer on board.read',
      'carol reads: the lamp is broken (user:alice),it was repaired (user:alice, by host:desk1)',
    ];
    expect(outcome).to.deep.equal({ status: 0, stdout: `${lines.join('\n')}\n`, stderr: '' });
    expect(await readdir(scratch.path)).to.deep.equal([]);
  });

  it('tracing makes one trace over two servers', async () => {
    const outcome = await run(['node', join(root, 'examples/dist/tracing/main.js')]);
    const chain = (failed: string): string =>
      ['shop/order (client', '  shop/order (server', '    stock/take (client', '      stock/take (server']
        .map((line) => `${line}${failed})\n`)
        .join('');
    const stdout = `1 × lamp, 1 left\nthere are not 2 of lamp\n${chain('')}${chain(', failed')}`;
    expect(outcome).to.deep.equal({ status: 0, stdout, stderr: '' });
  });

  it('hello needs no server in memory', async () => {
    const outcome = await run(['node', join(root, 'examples/dist/hello/in-memory.js')]);
    expect(outcome).to.deep.equal({ status: 0, stdout: 'Hello, world!\n', stderr: '' });
  });
});
