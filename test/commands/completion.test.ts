import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { eventually } from '@patchbay/objects/testing';

import { makeDesk, oddTag, register, serveObjects } from './desk.js';
import { NameServerProcess } from './name-server-process.js';
import { type Outcome, run, scratchDirectory } from './programs.js';
import { Shell } from './shell.js';

describe('Completion', function () {
  this.timeout(60_000);
  let directory: Awaited<ReturnType<typeof scratchDirectory>>;
  let nameServer: NameServerProcess;
  let objects: Awaited<ReturnType<typeof serveObjects>>;

  before(async () => {
    directory = await scratchDirectory();
    nameServer = await NameServerProcess.start(directory.path);
    const { definition } = makeDesk();
    objects = await serveObjects(nameServer.address, { storage: definition, 'desk.two': definition });
    await register(nameServer.address, 'dead', '127.0.0.1:1', [{ name: 'dead' }]);
  });
  after(async () => {
    await objects[Symbol.asyncDispose]();
    await nameServer[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  });

  for (const name of ['bash', 'zsh'] as const) {
    describe(`in ${name}`, () => {
      let home: Awaited<ReturnType<typeof scratchDirectory>>;
      let shell: Shell;

      before(async () => {
        home = await scratchDirectory();
        shell = await Shell.start(name, home.path, {
          PATCHBAY_NAMESERVER: nameServer.address,
          PATCHBAY_INSECURE: '1',
        });
      });
      after(async () => {
        await shell[Symbol.asyncDispose]();
        await home[Symbol.asyncDispose]();
      });

      const typed: [what: string, keys: string, result: RegExp][] = [
        ['a method, and a value that the object offers', 'show_im\tub\t', /^shown +ubuntu\r$/m],
        ['an object, and its method without a space between', 'desk.tw\tqui\t && echo qui"et"', /^quiet\r$/m],
        ['a method of an object', 'desk.two.show_im\tsome', /^shown +some\r$/m],
        ['an option and its value', 'show_image x --ta\tsi\t', /^tag +site@lab:7\r$/m],
        [
          "a value behind what breaks the shell's words",
          'show_image y --tag site@l\t',
          /^shown +y\r\s+tag +site@lab:7\r$/m,
        ],
        ['a value behind a colon', 'show_image w --tag site@lab:\t', /^shown +w\r\s+tag +site@lab:7\r$/m],
        [
          'a value behind =',
          'show_image z --tag=si\t --format=js\t',
          /^{"shown":"z","tag":"site@lab:7"}\r$/m,
        ],
        ['a verb and a format', 'descri\tdesk.two qui\t --format nd\t', /^{"name":"quiet","summary":/m],
        ['a value that must be escaped', 'show_image q --tag od\t', /^tag +odd one;\$\(touch pwned\)\r$/m],
      ];
      for (const [what, keys, result] of typed) {
        it(`completes ${what}`, async () => {
          shell.type(`rpcclient ${keys}\n`);
          await shell.until(result);
        });
      }

      it('has run nothing of what an object offered', () => {
        expect(shell.screen).to.include(oddTag);
        expect(existsSync(join(home.path, 'pwned'))).to.equal(false);
      });
    });
  }

  describe('the answer to a shell', () => {
    function answer(line: string, address = nameServer.address): Promise<Outcome> {
      return run('rpcclient', ['__complete', 'zsh', line], { PATCHBAY_NAMESERVER: address });
    }

    it('offers verbs, methods and objects for the first word, and a name that is both once', async () => {
      // What a busy machine does not answer in time is left out, and is there on the next Tab.
      await eventually(async () => {
        const { stdout } = await answer('rpcclient ');
        const lines = stdout.split('\n').map((line) => line.split('\t').slice(0, 2).join(' '));
        expect(lines.filter((line) => line === 'word ls')).to.have.length(1);
        expect(lines).to.include.members(['word repl', 'word provision', 'stem desk.two.', 'stem dead.']);
      }, 30_000);
    });

    const quiet: [line: string, why: string][] = [
      ['rpcclient dead.', 'an object whose server is gone'],
      ['rpcclient nobody.', 'an object that is not there'],
      ['rpcclient --jsn ', 'an option that is not there'],
      ['rpcclient provision --timeout ', 'a value that nobody knows'],
    ];
    for (const [line, why] of quiet) {
      it(`is quiet about ${why}`, async () => {
        const outcome = await answer(line);
        expect(outcome).to.include({ status: 0, stderr: '' });
        expect(outcome.stdout).to.not.match(
          /^(?:word|stem)\t(?!ls|describe|repl|completion|storage|desk|dead)/m,
        );
      });
    }

    it('is quiet without a name server, but for what the command knows itself', async () => {
      const outcome = await answer('rpcclient comp', '127.0.0.1:1');
      expect(outcome).to.include({ status: 0, stderr: '' });
      expect(outcome.stdout).to.match(/^word\tcompletion\t[^\n]+\n$/);
    });

    it('asks the name server, and the object, that the line names', async () => {
      const line = `rpcclient --name-server ${nameServer.address} --object desk.two provi`;
      await eventually(async () => {
        expect((await answer(line, '127.0.0.1:1')).stdout).to.equal('word\tprovision\tGive a node a disk\n');
      }, 30_000);
    });
  });
});
