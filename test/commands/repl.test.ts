import { expect } from 'chai';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import { eventually } from '@patchbay/objects/testing';

import { type Desk, makeDesk, serveObjects } from './desk.js';
import { NameServerProcess } from './name-server-process.js';
import { onTerminal, type Outcome, type Running, scratchDirectory, start } from './programs.js';

describe('rpcclient repl', function () {
  this.timeout(60_000);
  const desk: Desk = makeDesk();
  let directory: Awaited<ReturnType<typeof scratchDirectory>>;
  let nameServer: NameServerProcess;
  let objects: Awaited<ReturnType<typeof serveObjects>>;

  before(async () => {
    directory = await scratchDirectory();
    nameServer = await NameServerProcess.start(join(directory.path, 'names'));
    objects = await serveObjects(nameServer.address, {
      storage: desk.definition,
      'desk.two': desk.definition,
    });
  });
  after(async () => {
    await objects[Symbol.asyncDispose]();
    await nameServer[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  });

  describe('with lines on standard input', () => {
    function runLines(...lines: string[]): Promise<Outcome> {
      const repl = start('rpcclient', ['repl'], { PATCHBAY_NAMESERVER: nameServer.address }, 'pipe');
      repl.child.stdin?.end(lines.map((line) => `${line}\n`).join(''));
      return repl.ended;
    }

    it('runs each as a command line', async () => {
      const lines = [
        '# a comment',
        '',
        'say "a b" c\\ d --json',
        'quiet',
        'storage.ls',
        'list_tags --format ndjson',
      ];
      const { status, stdout, stderr } = await runLines(...lines);
      expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
      expect(stdout).to.match(/^\["a b","c d"\]\nthe method ls\n"odd one;/);
    });

    it('calls another object after use', async () => {
      const { stdout } = await runLines('use desk.two', 'help quiet', 'exit', 'say never');
      expect(stdout).to.equal(
        'Usage: rpcclient quiet\n\nReturn nothing\n\nTime limit: 1m; --timeout sets another\n\nNeeds the role operator\n',
      );
    });

    it('ends at the first line that fails, with its status', async () => {
      const outcome = await runLines('say one', 'fail NOT_FOUND', 'say two');
      expect(outcome).to.include({ status: 3, stdout: 'one\n' });
      expect(outcome.stderr).to.match(/^error: NOT_FOUND A_REASON: [^\n]+\n$/);
    });

    for (const [line, why] of [
      ['say "a', /ARGUMENT_INVALID: the quote " is not closed/],
      ['use', /ARGUMENT_MISSING: usage: use OBJECT/],
      ['use ../x', /NAME_INVALID/],
      ['exit now', /ARGUMENT_SURPLUS: "exit" stands alone/],
      ['repl', /ARGUMENT_INVALID: repl cannot be used here/],
      ['say a --name-server 127.0.0.1:1', /ARGUMENT_INVALID: --name-server cannot be used here/],
    ] as const) {
      it(`says what is wrong with "${line}"`, async () => {
        const { status, stderr } = await runLines(line);
        expect(status).to.equal(2);
        expect(stderr).to.match(why);
      });
    }

    it('cancels the call that runs on Ctrl-C', async () => {
      const { begun, cancelled } = desk.waits;
      const repl = start('rpcclient', ['repl'], { PATCHBAY_NAMESERVER: nameServer.address }, 'pipe');
      repl.child.stdin?.write('wait\nsay never\n');
      await eventually(() => desk.waits.begun === begun + 1, 20_000);
      repl.child.kill('SIGINT');
      expect(await repl.ended).to.include({ status: 130, stdout: '' });
      await eventually(() => desk.waits.cancelled === cancelled + 1);
    });
  });

  describe('at a prompt', () => {
    /** Opens a prompt whose user's state is in a directory of its own. */
    function open(state: string): Running {
      const words = ['repl', '--name-server', nameServer.address];
      return onTerminal('rpcclient', words, { XDG_STATE_HOME: join(directory.path, state) });
    }

    /** Types, and waits until something stands on the screen. */
    async function type(repl: Running, keys: string, wanted: RegExp): Promise<void> {
      repl.child.stdin?.write(keys);
      await eventually(() => {
        expect(repl.said.stdout).to.match(wanted);
      }, 20_000);
    }

    async function leave(repl: Running): Promise<void> {
      repl.child.stdin?.write('\u0004');
      expect(await repl.ended).to.include({ status: 0 });
    }

    it('completes, goes on after an error, and ends on Ctrl-D', async () => {
      const repl = open('completes');
      await type(repl, '', /storage> /);
      await type(repl, 'fail NOT_FOUND\r', /error: NOT_FOUND A_REASON/);
      await type(repl, 'use desk.t\t', /use desk\.two /);
      await type(repl, '\r', /desk\.two> /);
      await type(repl, 'show_im\t', /show_image /);
      await type(repl, 'ub\t', /show_image ubuntu /);
      await type(repl, '\r', /^shown +ubuntu\r$/m);
      await leave(repl);
    });

    it('cancels the call that runs on Ctrl-C, and asks again', async () => {
      const { begun, cancelled } = desk.waits;
      const repl = open('cancels');
      await type(repl, 'wait\r', /storage> /);
      await eventually(() => desk.waits.begun === begun + 1, 20_000);
      await type(repl, '\u0003', /error: CANCELLED CALL_CANCELLED/);
      await eventually(() => desk.waits.cancelled === cancelled + 1);
      await type(repl, 'say half\u0003', /\^C\r\n/);
      await type(repl, 'say whole\r', /^whole\r$/m);
      await leave(repl);
    });

    it('remembers lines in a file for the user alone', async () => {
      const first = open('remembers');
      await type(first, 'say remembered\r', /^remembered\r$/m);
      await leave(first);
      const { mode } = await stat(join(directory.path, 'remembers/patchbay/rpcclient-history'));
      expect(mode & 0o777).to.equal(0o600);
      const second = open('remembers');
      await type(second, '', /storage> /);
      await type(second, '\u001b[A\r', /^remembered\r$/m);
      await leave(second);
    });
  });
});
