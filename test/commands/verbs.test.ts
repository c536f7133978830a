import { expect } from 'chai';

import type { NameRecord, ObjectDescription } from '@patchbay/objects';
import { eventually } from '@patchbay/objects/testing';

import { type Desk, makeDesk, register, serveObjects } from './desk.js';
import { NameServerProcess } from './name-server-process.js';
import { onTerminal, type Outcome, run, scratchDirectory, start } from './programs.js';

describe('The verbs of rpcclient', function () {
  this.timeout(60_000);
  const desk: Desk = makeDesk();
  let directory: Awaited<ReturnType<typeof scratchDirectory>>;
  let nameServer: NameServerProcess;
  let objects: Awaited<ReturnType<typeof serveObjects>>;

  before(async () => {
    directory = await scratchDirectory();
    nameServer = await NameServerProcess.start(directory.path);
    objects = await serveObjects(nameServer.address, {
      storage: desk.definition,
      'desk.two': desk.definition,
    });
    await register(nameServer.address, 'lab', '127.0.0.1:1', [{ name: 'spare', metadata: { site: 'lab' } }]);
  });
  after(async () => {
    await objects[Symbol.asyncDispose]();
    await nameServer[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  });

  function call(...words: string[]): Promise<Outcome> {
    return run('rpcclient', words, { PATCHBAY_NAMESERVER: nameServer.address });
  }

  describe('ls', () => {
    it('lists the names with their endpoints and metadata', async () => {
      const { status, stdout, stderr } = await call('ls');
      expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
      expect(stdout).to.match(/^NAME +ADDRESS +SERVER ID +REGISTERED AT +METADATA\ndesk\.two /);
      expect(stdout).to.match(/^spare +127\.0\.0\.1:1 +lab +\S+Z +site=lab$/m);
    });

    for (const [words, wanted] of [
      [['s'], ['spare', 'storage']],
      [['s*e'], ['spare', 'storage']],
      [['--glob', 'desk.*'], ['desk.two']],
      [['--regex', '.*age'], ['storage']],
      [['--meta', 'site=lab'], ['spare']],
      [['--any-meta', 'site', '--any-meta', 'none'], ['spare']],
      [['x'], []],
    ] as const) {
      it(`lists by ${words.join(' ')}`, async () => {
        const { stdout } = await call('ls', ...words, '--json');
        expect((JSON.parse(stdout) as NameRecord[]).map(({ name }) => name)).to.deep.equal(wanted);
      });
    }

    it('says where it looked when there is no name server', async () => {
      const { status, stderr } = await call('ls', '--name-server', '127.0.0.1:1');
      expect(status).to.equal(8);
      expect(stderr).to.match(/^error: UNAVAILABLE NAMESERVER_UNAVAILABLE: no name server answers/);
    });
  });

  describe('describe', () => {
    it('tells what an object can do, and how its methods are called', async () => {
      const { status, stdout } = await call('describe', 'desk.two');
      expect(status).to.equal(0);
      expect(stdout).to.match(/^desk\.two: A desk for tests\n.* {2}provision NODE IMAGE \[COPIES\] /s);
    });

    it('tells one method in full', async () => {
      const { stdout } = await call('describe', 'desk.two', 'provision');
      expect(stdout).to.match(
        /^Usage: rpcclient desk\.two\.provision NODE IMAGE \[COPIES\] \[--size SIZE\]\n/,
      );
    });

    it('gives programs the description itself', async () => {
      const { stdout } = await call('describe', 'storage', '--json');
      const { methods } = JSON.parse(stdout) as ObjectDescription;
      const shown = methods.find(({ name }) => name === 'show_image');
      expect(shown).to.have.nested.property('args[0].schema.values.method', 'list_images');
    });

    it('fails for a method that is not there', async () => {
      expect((await call('describe', 'storage', 'provison')).stderr).to.match(
        /METHOD_NOT_FOUND: storage has no method "provison"; did you mean "provision"\?/,
      );
    });
  });

  describe('and a method of the same name', () => {
    const rows: [words: string[], whose: string, output: RegExp][] = [
      [['ls'], 'the verb as a bare word', /^NAME /],
      [['storage.ls'], 'the method behind its object', /^the method ls\n$/],
      [['--', 'ls'], 'the method behind --', /^the method ls\n$/],
      [['ls', '--help'], "the verb's help as a bare word", /^Usage: rpcclient ls \[PATTERN\]/],
      [['help', 'ls'], "the verb's help with help", /^Usage: rpcclient ls \[PATTERN\]/],
      [['help', '--', 'ls'], "the method's help with help --", /^Usage: rpcclient storage\.ls\n/],
      [['--help', '--', 'ls'], "the method's help behind --", /^Usage: rpcclient storage\.ls\n/],
      [
        ['--help'],
        'both in the help',
        /^ls: rpcclient has a command of this name too; write "storage\.METHOD"/m,
      ],
    ];
    for (const [words, whose, output] of rows) {
      it(`are told apart: ${whose}`, async () => {
        const { status, stdout } = await call(...words);
        expect(status).to.equal(0);
        expect(stdout).to.match(output);
      });
    }

    it('are not mixed up where only the method can be meant', async () => {
      const { status, stderr } = await call('--object', 'desk.two', 'ls');
      expect(status).to.equal(2);
      expect(stderr).to.match(/OPTION_UNKNOWN: "ls" takes no --object; .* write OBJECT\.ls\n$/);
    });
  });

  describe('--format', () => {
    it('prints rows as lines of JSON', async () => {
      const { stdout } = await call('list_images', '--format', 'ndjson');
      const names = stdout.trimEnd().split('\n');
      expect(names.map((line) => (JSON.parse(line) as { sizeBytes: number }).sizeBytes)).to.deep.equal([
        10 * 1024 ** 3,
        1024,
      ]);
    });

    it('prints items as they come and never progress among them', async () => {
      expect(await call('work', '--format=ndjson')).to.deep.equal({
        status: 0,
        stdout: '"half way"\n"done"\n',
        stderr: '',
      });
    });

    it('prints YAML', async () => {
      expect((await call('provision', 'node7', 'ubuntu', '--format', 'yaml')).stdout).to.equal(
        'node: node7\nimage: ubuntu\n',
      );
    });

    it('prints the same as --json', async () => {
      expect(await call('quiet', '--format', 'json')).to.deep.equal(await call('quiet', '--json'));
    });

    for (const [words, line] of [
      [
        ['--format', 'jsn'],
        /option --format must be table, json, yaml, ndjson, not "jsn"; did you mean "json"/,
      ],
      [['--format', 'yaml', '--json'], /--json and --format yaml contradict each other/],
    ] as const) {
      it(`refuses ${words.join(' ')}`, async () => {
        const { status, stderr } = await call('quiet', ...words);
        expect(status).to.equal(2);
        expect(stderr).to.match(line);
      });
    }
  });

  describe('--watch', () => {
    it('calls again and again, and ends well on Ctrl-C', async () => {
      const words = ['say', 'hello', '--watch', '100ms', '--format', 'ndjson'];
      const watching = start('rpcclient', words, { PATCHBAY_NAMESERVER: nameServer.address });
      await eventually(() => watching.said.stdout.startsWith('"hello"\n"hello"\n"hello"\n'), 20_000);
      watching.child.kill('SIGINT');
      expect(await watching.ended).to.include({ status: 0, stderr: '' });
    });

    it('redraws on a terminal', async () => {
      const words = ['say', 'hello', '--watch=100ms', '--name-server', nameServer.address];
      const watching = onTerminal('rpcclient', words);
      const screens = (): string[] => watching.said.stdout.split('\u001b[H\u001b[2J').slice(1);
      await eventually(() => screens().length > 2, 20_000);
      watching.child.stdin?.write('\u0003');
      expect(await watching.ended).to.include({ status: 0 });
      expect(screens()[1]).to.match(/^Every 100ms, last at \S+Z; Ctrl-C ends it\.\r\n\r\nhello\r\n$/);
    });

    it('takes the next word for the interval only where it looks like one', async () => {
      const words = ['say', '--watch', 'hello', '--json'];
      const watching = start('rpcclient', words, { PATCHBAY_NAMESERVER: nameServer.address });
      await eventually(() => watching.said.stdout === '["hello"]\n', 20_000);
      watching.child.kill('SIGINT');
      expect(await watching.ended).to.include({ status: 0 });
    });

    it('ends at once with what is wrong with the call', async () => {
      const outcome = await call('provison', '--watch');
      expect(outcome).to.include({ status: 2, stdout: '' });
    });
  });

  describe('completion', () => {
    it('refuses a shell that it has no script for', async () => {
      const { status, stderr } = await call('completion', 'fish');
      expect(status).to.equal(2);
      expect(stderr).to.match(/no completion for "fish", only for bash and zsh/);
    });
  });
});
