import { expect } from 'chai';
import { readFileSync } from 'node:fs';

import { coreError } from '@patchbay/objects';

import { command } from '../src/command.js';
import { packageVersion } from '../src/package-version.js';
import { type Program, runProgram } from '../src/program.js';

/** Runs a program with arguments and returns its status and output. */
async function run(
  words: string,
): Promise<{ status: number; stdout: string; stderr: string; ran: unknown[] }> {
  const ran: unknown[] = [];
  const written = { stdout: '', stderr: '' };
  const program: Program = {
    name: 'nameserver',
    summary: 'Keeps the names of objects.',
    version: '1.2.3',
    commands: [
      command({
        usage: 'start',
        summary: 'Starts the name server.',
        options: {
          listen: { type: 'string', default: '127.0.0.1:7440', describe: 'Where to listen' },
          'state-dir': { type: 'string', demandOption: true, describe: 'Where the state is' },
          insecure: { type: 'boolean', default: false },
          tag: { type: 'string', array: true },
        },
        run: (args) => {
          ran.push({
            listen: args.listen,
            stateDir: args['state-dir'],
            insecure: args.insecure,
            tag: args.tag,
          });
          return Promise.resolve();
        },
      }),
      command({
        usage: 'lookup <name>',
        summary: 'Looks a name up.',
        positionals: { name: { type: 'string', demandOption: true } },
        run: ({ name }) => {
          ran.push(name satisfies string);
          return Promise.reject(coreError('OBJECT_NOT_FOUND', `no object "${name}"`));
        },
      }),
    ],
  };
  const stream = (name: 'stdout' | 'stderr'): { write: (text: string) => boolean } => ({
    write: (text) => {
      written[name] += text;
      return true;
    },
  });
  const status = await runProgram(program, words === '' ? [] : words.split(' '), {
    stdout: stream('stdout'),
    stderr: stream('stderr'),
  });
  return { status, ...written, ran };
}

describe('A program', () => {
  it('runs the command with its options', async () => {
    const { status, stdout, stderr, ran } = await run('start --state-dir /x --insecure --tag a --tag b');
    expect({ status, stdout, stderr }).to.deep.equal({ status: 0, stdout: '', stderr: '' });
    expect(ran).to.deep.equal([
      { listen: '127.0.0.1:7440', stateDir: '/x', insecure: true, tag: ['a', 'b'] },
    ]);
  });

  it('keeps digits as the text they are', async () => {
    const { ran } = await run('lookup 007');
    expect(ran).to.deep.equal(['007']);
  });

  it('prints the error of a command as one line, and exits with the status of its class', async () => {
    const { status, stdout, stderr } = await run('lookup a');
    expect(stdout).to.equal('');
    expect(stderr).to.equal('error: NOT_FOUND OBJECT_NOT_FOUND: no object "a"\n');
    expect(status).to.be.greaterThan(0);
  });

  it('helps', async () => {
    const { status, stdout, stderr, ran } = await run('--help');
    expect({ status, stderr, ran }).to.deep.equal({ status: 0, stderr: '', ran: [] });
    expect(stdout).to.match(
      /nameserver COMMAND.*Keeps the names.*nameserver start .*Starts the name server.*lookup <name>/s,
    );
  });

  it('prints the help of one command, with its defaults', async () => {
    const { status, stdout, ran } = await run('start --help');
    expect({ status, ran }).to.deep.equal({ status: 0, ran: [] });
    expect(stdout).to.match(/--listen .*Where to listen.*127\.0\.0\.1:7440.*--state-dir/s);
  });

  it('prints its version', async () => {
    expect(await run('--version')).to.deep.equal({ status: 0, stdout: '1.2.3\n', stderr: '', ran: [] });
  });

  const wrong: [words: string, line: RegExp][] = [
    ['', /ARGUMENT_MISSING: a command is required; see "nameserver --help"/],
    ['strat', /ARGUMENT_INVALID: unknown command "strat"; did you mean "start"\?/],
    ['xyz', /ARGUMENT_INVALID: unknown command "xyz"; see "nameserver --help"/],
    ['start --state-dir /x --lisen a', /OPTION_UNKNOWN: unknown option --lisen; did you mean "listen"\?/],
    ['start --state-dir /x --qqqqq', /OPTION_UNKNOWN: unknown option --qqqqq; see "nameserver start --help"/],
    ['start --state-dir /x -q', /OPTION_UNKNOWN: unknown option -q; see/],
    ['start --state-dir /x --no-insecure', /OPTION_UNKNOWN: unknown option --no-insecure/],
    ['start --state-dir /x --log.level a', /OPTION_UNKNOWN: unknown option --log\.level/],
    ['start --state-dir /x extra', /ARGUMENT_SURPLUS: surplus argument "extra"/],
    [
      'start --state-dir /x --state-dir /y',
      /ARGUMENT_INVALID: option --state-dir takes one value and was given several/,
    ],
    ['start', /ARGUMENT_MISSING: missing required argument: state-dir; see "nameserver --help"/],
    ['start --state-dir', /: not enough arguments following: state-dir/],
    ['lookup', /ARGUMENT_MISSING: not enough non-option arguments: got 0, need at least 1/],
    ['lookup a b', /ARGUMENT_SURPLUS: surplus argument "b"/],
  ];
  for (const [words, line] of wrong) {
    it(`refuses "nameserver ${words}" in one line, with status 2`, async () => {
      const { status, stdout, stderr, ran } = await run(words);
      expect(stderr)
        .to.match(line)
        .and.to.match(/^error: INVALID_ARGUMENT [^\n]+\n$/);
      expect({ status, stdout, ran }).to.deep.equal({ status: 2, stdout: '', ran: [] });
    });
  }
});

describe('The version of a package', () => {
  it('is that of the package.json above the module', () => {
    const manifest = new URL('../../package.json', import.meta.url);
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
    expect(packageVersion(import.meta.url)).to.equal(version);
  });
});
