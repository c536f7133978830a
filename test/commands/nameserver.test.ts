import { expect } from 'chai';
import { readdirSync } from 'node:fs';

import { TestNameServer } from '@patchbay/nameserver/testing';
import { coreError, type NameRecord, systemClock } from '@patchbay/objects';
import { eventually } from '@patchbay/objects/testing';
import { openSqliteStore } from '@patchbay/store';

import { register } from './desk.js';
import { NameServerProcess } from './name-server-process.js';
import { onTerminal, type Outcome, run, scratchDirectory, start } from './programs.js';

describe('The command nameserver', function () {
  this.timeout(60_000);
  let directory: Awaited<ReturnType<typeof scratchDirectory>>;
  let nameServer: NameServerProcess;

  before(async () => {
    directory = await scratchDirectory();
    await using store = await openSqliteStore({ directory: directory.path, clock: systemClock });
    await store.commit([], [{ put: 'reserved/kept', value: 'host:web1' }]);
    await store[Symbol.asyncDispose]();
    nameServer = await NameServerProcess.start(directory.path);
    await register(nameServer.address, 'one', '127.0.0.1:7441', [
      { name: 'storage', metadata: { site: 'lab', note: 'a\u001b[2Jb' } },
      { name: 'spare' },
    ]);
  });
  after(async () => {
    await nameServer[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  });

  function ask(...words: string[]): Promise<Outcome> {
    return run('nameserver', words, { PATCHBAY_NAMESERVER: nameServer.address });
  }

  it('tells by ping that the name server is there, and what it holds', async () => {
    const { status, stdout } = await ask('ping', '--json');
    expect(status).to.equal(0);
    expect(JSON.parse(stdout)).to.include({ address: nameServer.address, names: 2, leases: 1 });
  });

  it('lists names as a table in which nothing can drive the terminal', async () => {
    const { status, stdout, stderr } = await ask('list');
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    const lines = stdout.split('\n');
    expect(lines[0]).to.match(/^NAME +ADDRESS +SERVER ID +REGISTERED AT +METADATA$/);
    expect(lines[2])
      .to.match(/^storage +127\.0\.0\.1:7441 +one +\S+Z +.*site=lab/)
      .and.to.include('a\\u001b[2Jb');
    expect(lines).to.have.length(4);
  });

  it('lists the names that begin with a prefix, as JSON', async () => {
    const { stdout } = await ask('list', 'sp', '--json');
    const records = JSON.parse(stdout) as NameRecord[];
    expect(records.map(({ name }) => name)).to.deep.equal(['spare']);
  });

  for (const [words, wanted] of [
    [['s*'], ['spare', 'storage']],
    [['--glob', '*e', '--meta', 'site=lab'], ['storage']],
    [['s', '--regex', '.*age'], ['storage']],
    [['--meta', 'site', '--meta', 'note'], ['storage']],
    [['--any-meta', 'site=elsewhere', '--any-meta', 'note'], ['storage']],
    [['nothing*'], []],
  ] as const) {
    it(`lists by ${words.join(' ')}`, async () => {
      const { status, stdout } = await ask('list', ...words, '--json');
      expect(status).to.equal(0);
      expect((JSON.parse(stdout) as NameRecord[]).map(({ name }) => name)).to.deep.equal(wanted);
    });
  }

  it('says what is wrong with a pattern', async () => {
    const { status, stderr } = await ask('list', '--regex', '(');
    expect(status).to.equal(2);
    expect(stderr).to.match(
      /^error: INVALID_ARGUMENT PATTERN_INVALID: regular expression "\(": missing closing/,
    );
  });

  it('lists more names than a page holds', async () => {
    const claims = Array.from({ length: 1001 }, (_, index) => ({ name: `page/n${String(index)}` }));
    for (let first = 0; first < claims.length; first += 100) {
      await register(nameServer.address, 'pages', '127.0.0.1:7442', claims.slice(first, first + 100));
    }
    const { stdout } = await ask('list', 'page/', '--json');
    expect(JSON.parse(stdout)).to.have.length(1001);
  });

  it('looks a name up', async () => {
    const { status, stdout } = await ask('lookup', 'storage', '--json');
    expect(status).to.equal(0);
    expect(JSON.parse(stdout)).to.deep.include({
      name: 'storage',
      metadata: { site: 'lab', note: 'a\u001b[2Jb' },
    });
  });

  it('suggests the name that a mistyped one probably meant', async () => {
    const { status, stderr } = await ask('lookup', 'storge');
    expect(status).to.equal(3);
    expect(stderr).to.equal(
      `error: NOT_FOUND OBJECT_NOT_FOUND: no object "storge" is registered at ${nameServer.address}; did you mean "storage"?\n`,
    );
  });

  it('sets and removes keys of metadata', async () => {
    await ask('set-metadata', 'spare', 'a=1', 'b=x=y');
    const { stdout } = await ask('set-metadata', 'spare', 'a=', '--json');
    expect((JSON.parse(stdout) as NameRecord).metadata).to.deep.equal({ b: 'x=y' });
  });

  for (const [words, message] of [
    [['a'], /"a": write KEY=VALUE/],
    [['=x'], /"=x": write KEY=VALUE/],
    [['a=1', 'a=2'], /the key "a" is given twice/],
  ] as const) {
    it(`refuses ${words.join(' ')} as metadata`, async () => {
      const { status, stderr } = await ask('set-metadata', 'spare', ...words);
      expect(status).to.equal(2);
      expect(stderr).to.match(message);
    });
  }

  it('removes a name, and says of one that is not there that it is not', async () => {
    await register(nameServer.address, 'doomed', '127.0.0.1:7443', [{ name: 'doomed' }]);
    const removed = await ask('remove', 'doomed');
    expect(removed).to.deep.equal({ status: 0, stdout: 'removed "doomed"\n', stderr: '' });
    expect(await ask('remove', 'doomed')).to.include({ status: 3, stdout: '' });
  });

  it('removes the reservation of a name that no server has', async () => {
    const removed = await ask('remove', 'kept');
    expect(removed).to.deep.equal({ status: 0, stdout: 'removed the reservation of "kept"\n', stderr: '' });
    expect(await ask('remove', 'kept')).to.include({ status: 3, stdout: '' });
  });

  for (const [answer, status] of [
    ['n', 130],
    ['', 130],
    ['yes', 0],
  ] as const) {
    it(`asks on a terminal before it removes a name, and takes "${answer}" for ${status === 0 ? 'yes' : 'no'}`, async () => {
      await register(nameServer.address, 'asked', '127.0.0.1:7445', [{ name: 'asked' }]);
      const remove = onTerminal('nameserver', ['remove', 'asked', '--name-server', nameServer.address]);
      await eventually(() => remove.said.stdout.includes('Remove this name? [y/N]'));
      remove.child.stdin?.write(`${answer}\n`);
      expect(await remove.ended).to.include({ status });
      expect(await ask('lookup', 'asked')).to.include({ status: status === 0 ? 3 : 0 });
    });
  }

  for (const [answer, words, gone] of [
    ['n', [], false],
    ['y', [], true],
    [undefined, ['--yes'], true],
  ] as const) {
    it(`lets rpcclient ask before a method that destroys: ${answer ?? words.join()}`, async () => {
      await register(nameServer.address, 'asked', '127.0.0.1:7445', [{ name: 'asked' }]);
      const call = ['nameserver.remove', 'asked', ...words, '--name-server', nameServer.address];
      const remove = onTerminal('rpcclient', call);
      if (answer !== undefined) {
        await eventually(() =>
          remove.said.stdout.includes('nameserver.remove asked destroys something. Call it? [y/N]'),
        );
        remove.child.stdin?.write(`${answer}\n`);
      }
      expect(await remove.ended).to.include({ status: gone ? 0 : 130 });
      expect(await ask('lookup', 'asked')).to.include({ status: gone ? 3 : 0 });
    });
  }

  it('does not ask on a terminal with --yes', async () => {
    await register(nameServer.address, 'asked', '127.0.0.1:7445', [{ name: 'asked' }]);
    const words = ['remove', 'asked', '--yes', '--name-server', nameServer.address];
    expect(await onTerminal('nameserver', words).ended).to.include({
      status: 0,
      stdout: 'removed "asked"\r\n',
    });
  });

  it('removes the names that are like a pattern, and counts them', async () => {
    const claims = Array.from({ length: 120 }, (_, index) => ({ name: `gone/n${String(index)}` }));
    await register(nameServer.address, 'gone', '127.0.0.1:7446', claims.slice(0, 100));
    await register(nameServer.address, 'gone', '127.0.0.1:7446', [
      ...claims.slice(100),
      { name: 'gone-not' },
    ]);
    expect(await ask('remove', '--glob', 'gone/n1?')).to.include({ status: 0, stdout: 'removed 10 names\n' });
    const { stdout } = await ask('remove', '--regex', 'gone/.*', '--json');
    const { removed, names } = JSON.parse(stdout) as { removed: number; names: string[] };
    expect(removed).to.equal(110);
    expect(names).to.have.length(110).and.to.include('gone/n0');
    expect(await ask('remove', '--glob', 'gone/*')).to.include({ status: 0, stdout: 'removed 0 names\n' });
    expect(await ask('lookup', 'gone-not')).to.include({ status: 0 });
  });

  it('lists which names it has removed when it cannot remove another one', async () => {
    await using failing = await TestNameServer.start();
    const claims = ['a', 'b', 'c'].map((name) => ({ name: `gone/${name}` }));
    await register(failing.address, 'gone', '127.0.0.1:7446', claims);
    failing.failOnce('remove', coreError('CALLER_REFUSED', 'not this one'));
    const words = ['remove', '--glob', 'gone/*', '--name-server', failing.address];
    const { status, stdout, stderr } = await run('nameserver', words);
    expect(status).not.to.equal(0);
    expect(stderr).to.contain('not this one');
    const [count, ...removed] = stdout.trimEnd().split('\n');
    expect(count).to.equal('removed 2 names of 3');
    const { stdout: left } = await run('nameserver', ['list', '--json', '--name-server', failing.address]);
    const names = (JSON.parse(left) as NameRecord[]).map(({ name }) => name);
    expect([...removed, ...names]).to.have.members(claims.map(({ name }) => name));
  });

  it('asks on a terminal before it removes names by a pattern, and shows them', async () => {
    await register(nameServer.address, 'asked', '127.0.0.1:7445', [{ name: 'asked/a' }, { name: 'asked/b' }]);
    const words = ['remove', '--glob', 'asked/?', '--name-server', nameServer.address];
    const remove = onTerminal('nameserver', words);
    await eventually(() => remove.said.stdout.includes('Remove these 2 names? [y/N]'));
    expect(remove.said.stdout).to.include('asked/a').and.include('asked/b');
    remove.child.stdin?.write('n\n');
    expect(await remove.ended).to.include({ status: 130 });
    expect(await ask('lookup', 'asked/a')).to.include({ status: 0 });
  });

  it('looks a bare name up by its newest version, and does not take it for the name to remove', async () => {
    const names = ['drive/v2', 'drive/v10'];
    await register(
      nameServer.address,
      'drives',
      '127.0.0.1:7447',
      names.map((name) => ({ name })),
    );
    const { stdout } = await ask('lookup', 'drive', '--json');
    expect((JSON.parse(stdout) as NameRecord).name).to.equal('drive/v10');
    const { status, stderr } = await ask('remove', 'drive');
    expect(status).to.equal(3);
    expect(stderr).to.match(/"drive" has versions; say which to remove, such as drive\/v10/);
    expect((await ask('lookup', 'drive/v3')).stderr).to.match(
      /NOT_FOUND OBJECT_NOT_FOUND: no object "drive\/v3" is registered at \S+; there are drive\/v10, drive\/v2\n$/,
    );
  });

  for (const words of [[], ['a', '--glob', 'b'], ['a', '--regex', 'b']]) {
    it(`does not guess what "remove ${words.join(' ')}" means`, async () => {
      expect(await ask('remove', ...words)).to.include({ status: 2, stdout: '' });
    });
  }

  it('watches names until Ctrl-C, from a revision', async () => {
    const { stdout } = await ask('ping', '--json');
    const { revision } = JSON.parse(stdout) as { revision: number };
    const watch = start('nameserver', [
      'watch',
      'w',
      '--name-server',
      nameServer.address,
      '--from-revision',
      String(revision),
    ]);
    await register(nameServer.address, 'watched', '127.0.0.1:7444', [{ name: 'watched' }]);
    await ask('set-metadata', 'watched', 'a=1');
    await ask('remove', 'watched');
    await eventually(() => watch.said.stdout.includes('removed'));
    watch.child.kill('SIGINT');
    const { status, stdout: lines, stderr } = await watch.ended;
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    expect(lines.replaceAll(/^\[\d+\] /gm, '')).to.equal(
      'registered watched 127.0.0.1:7444\nchanged watched 127.0.0.1:7444 a=1\nremoved watched 127.0.0.1:7444 a=1\n',
    );
  });

  it('says where it looked when there is no name server', async () => {
    const { status, stdout, stderr } = await run('nameserver', ['list', '--name-server', '127.0.0.1:1']);
    expect({ status, stdout }).to.deep.equal({ status: 8, stdout: '' });
    expect(stderr).to.equal(
      'error: UNAVAILABLE NAMESERVER_UNAVAILABLE: no name server answers at 127.0.0.1:1 (no connection to 127.0.0.1:1: ' +
        'connection refused); is it running? set --name-server or PATCHBAY_NAMESERVER if it is elsewhere\n',
    );
  });
});

describe('nameserver start', function () {
  this.timeout(60_000);

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`ends with status 0 on ${signal}, also while somebody watches`, async () => {
      await using directory = await scratchDirectory();
      await using nameServer = await NameServerProcess.start(directory.path);
      await register(nameServer.address, 'one', '127.0.0.1:7441', [{ name: 'storage' }]);
      const watch = start('nameserver', ['watch', '--from-revision=0', '--name-server', nameServer.address]);
      await eventually(() => watch.said.stdout.includes('registered storage'));
      const began = performance.now();
      expect(await nameServer.end(signal)).to.include({ status: 0, stdout: '' });
      expect(performance.now() - began).to.be.lessThan(5_000);
      const { status, stderr } = await watch.ended;
      expect(status).to.equal(8);
      expect(stderr).to.equal('error: UNAVAILABLE SERVER_STOPPED: the name server is shutting down\n');
    });
  }

  it('knows every name after it was killed and started again, and has its socket file anew', async () => {
    await using directory = await scratchDirectory();
    const socket = `unix:${directory.path}/run/socket`;
    await using first = await NameServerProcess.start(directory.path, '127.0.0.1:0', socket);
    await register(first.address, 'one', '127.0.0.1:7441', [{ name: 'storage', metadata: { a: 'b' } }]);
    const before = await run('nameserver', ['list', '--json', '--name-server', socket]);
    expect(before).to.include({ status: 0 });
    await first.end('SIGKILL');
    expect(readdirSync(`${directory.path}/run`)).to.deep.equal(['socket']);
    await using second = await NameServerProcess.start(directory.path, first.address, socket);
    expect(await run('nameserver', ['list', '--json', '--name-server', second.address])).to.deep.equal(
      before,
    );
    await second.end('SIGTERM');
    expect(readdirSync(`${directory.path}/run`)).to.deep.equal([]);
  });

  it('takes listen and state directory from the environment, under the options', async () => {
    await using directory = await scratchDirectory();
    const outcome = await run('nameserver', ['start', '--listen', 'flag'], {
      PATCHBAY_NAMESERVER_LISTEN: '127.0.0.1:0',
      PATCHBAY_NAMESERVER_STATE_DIR: directory.path,
    });
    expect(outcome).to.include({ status: 2 });
    expect(outcome.stderr).to.match(/CONFIG_INVALID: --listen: address "flag"/);
  });

  for (const [words, status, message] of [
    [['--insecure=loud'], 2, /option "--insecure": must be/],
    [['--listen', '0.0.0.0:0', '--insecure'], 2, /--insecure allows loopback alone; give --insecure=network/],
    [['--log-level', 'loud'], 2, /CONFIG_INVALID: --log-level: /],
    [['--config', '/nowhere/x.yaml'], 2, /\/nowhere\/x\.yaml: .*no such file/],
  ] as const) {
    it(`refuses ${words.join(' ')}`, async () => {
      await using directory = await scratchDirectory();
      const outcome = await run('nameserver', ['start', '--state-dir', `${directory.path}/state`, ...words]);
      expect(outcome).to.include({ status, stdout: '' });
      expect(outcome.stderr).to.match(message);
    });
  }

  it('refuses a state directory that another name server uses, and an address that is taken', async () => {
    await using directory = await scratchDirectory();
    await using other = await NameServerProcess.start(`${directory.path}/a`);
    const locked = await run('nameserver', [
      'start',
      '--listen',
      `unix:${directory.path}/run/socket`,
      '--state-dir',
      `${directory.path}/a`,
    ]);
    expect(locked.stderr).to.match(/STORE_LOCKED/);
    expect(locked.status).to.not.equal(0);
    const taken = await run('nameserver', [
      'start',
      '--insecure',
      '--listen',
      other.address,
      '--state-dir',
      `${directory.path}/b`,
    ]);
    expect(taken).to.include({ status: 5 });
    expect(taken.stderr).to.match(/^error: FAILED_PRECONDITION LISTEN_FAILED: cannot listen on 127[^\n]+\n$/);
  });
});
