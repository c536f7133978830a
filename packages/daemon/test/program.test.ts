import { expect } from 'chai';
import { readFileSync } from 'node:fs';

import { coreError } from '@patchbay/objects';

import { command } from '../src/command.js';
import { packageVersion } from '../src/package-version.js';
import { formatOptions } from '../src/print-result.js';
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
        name: 'start',
        summary: 'Starts the name server.',
        options: {
          listen: {
            type: 'string',
            placeholder: 'HOST:PORT',
            default: '127.0.0.1:7440',
            summary: 'Where to listen',
          },
          'state-dir': { type: 'string', required: true, placeholder: 'DIR', summary: 'Where the state is' },
          insecure: {
            type: 'boolean',
            default: false,
            alternatives: ['network'],
            summary: 'Listen anywhere',
          },
          tag: { type: 'string', repeated: true, summary: 'A tag' },
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
        name: 'lookup',
        summary: 'Looks a name up.',
        args: { name: { type: 'string', required: true, summary: 'The name' } },
        options: formatOptions,
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

  it('takes "-", which stands for standard input, as the value of an option', async () => {
    const { ran } = await run('start --state-dir - --tag a --tag -');
    expect(ran).to.deep.equal([
      { listen: '127.0.0.1:7440', stateDir: '-', insecure: false, tag: ['a', '-'] },
    ]);
  });

  it('prints the error of a command as one line, and exits with the status of its class', async () => {
    const { status, stdout, stderr } = await run('lookup a');
    expect(stdout).to.equal('');
    expect(stderr).to.equal('error: NOT_FOUND OBJECT_NOT_FOUND: no object "a"\n');
    expect(status).to.be.greaterThan(0);
  });

  const help = `Usage: nameserver COMMAND [ARG]... [OPTION]...

Keeps the names of objects.

Commands:
  start           Starts the name server.
  lookup NAME     Looks a name up.
  help [COMMAND]  Show this help, or that of a command

Options:
  -h, --help     Show help, also that of a command
      --version  Show the version

"nameserver help COMMAND" shows a command's arguments and options.
`;
  const lookupHelp = `Usage: nameserver lookup NAME [--format FORMAT] [--json]

Looks a name up.

Arguments:
  NAME  The name

Options:
  -o, --format FORMAT  Print the result as table, json, yaml or ndjson (default:
                       table)
      --json           Same as --format json
  -h, --help           Show help, also that of a command
`;
  for (const [words, expected] of [
    ['', help],
    ['--help', help],
    ['-h', help],
    ['help', help],
    ['lookup --help', lookupHelp],
    ['lookup x -h', lookupHelp],
    ['-h lookup', lookupHelp],
    ['help lookup', lookupHelp],
  ] as const) {
    it(`helps with "nameserver ${words}"`, async () => {
      expect(await run(words)).to.deep.equal({ status: 0, stdout: expected, stderr: '', ran: [] });
    });
  }

  it('shows what an option takes, its default, and whether it is required or may be repeated', async () => {
    const { stdout } = await run('start --help');
    expect(stdout).to.include(
      'Usage: nameserver start [--listen HOST:PORT] --state-dir DIR [--insecure] [--tag',
    );
    expect(stdout).to.match(/ {6}--listen HOST:PORT {2}Where to listen \(default: 127\.0\.0\.1:7440\)\n/);
    expect(stdout).to.match(/--state-dir DIR +Where the state is \(required\)\n/);
    expect(stdout).to.match(/--tag TAG +A tag \(may be repeated\)\n/);
  });

  const accepted: [words: string, ran: unknown][] = [
    ['--state-dir /x start', { listen: '127.0.0.1:7440', stateDir: '/x', insecure: false, tag: undefined }],
    [
      'start --state-dir=/x --no-insecure',
      { listen: '127.0.0.1:7440', stateDir: '/x', insecure: false, tag: undefined },
    ],
    [
      'start --insecure=true --state-dir=-x --tag a,b',
      { listen: '127.0.0.1:7440', stateDir: '-x', insecure: true, tag: ['a,b'] },
    ],
    [
      '--insecure=network start --state-dir=/x',
      { listen: '127.0.0.1:7440', stateDir: '/x', insecure: 'network', tag: undefined },
    ],
    ['lookup -o json 007', '007'],
    ['lookup -ojson -- --json', '--json'],
    ['lookup --json true', 'true'],
  ];
  for (const [words, expected] of accepted) {
    it(`runs "nameserver ${words}"`, async () => {
      expect((await run(words)).ran).to.deep.equal([expected]);
    });
  }

  it('prints its version', async () => {
    expect(await run('--version')).to.deep.equal({ status: 0, stdout: '1.2.3\n', stderr: '', ran: [] });
  });

  const wrong: [words: string, line: RegExp][] = [
    ['--listen x', /ARGUMENT_MISSING: a command is required; see "nameserver help"/],
    ['--jsn', /OPTION_UNKNOWN: nameserver has no option "--jsn"/],
    ['strat', /ARGUMENT_INVALID: nameserver has no command "strat"; did you mean "start"\?/],
    ['hlep', /ARGUMENT_INVALID: nameserver has no command "hlep"; did you mean "help"\?/],
    ['xyz', /ARGUMENT_INVALID: nameserver has no command "xyz"; see "nameserver help"/],
    ['help strat', /ARGUMENT_INVALID: nameserver has no command "strat"; did you mean "start"\?/],
    ['strat --help', /ARGUMENT_INVALID: nameserver has no command "strat"; did you mean "start"\?/],
    ['help start lookup', /ARGUMENT_SURPLUS: nameserver help takes one argument, but 2 were given/],
    [
      'start --state-dir /x --lisen a',
      /OPTION_UNKNOWN: nameserver start has no option "--lisen"; did you mean "--listen"\?/,
    ],
    ['start --state-dir /x --qqqqq', /OPTION_UNKNOWN: .* "--qqqqq"; its options are --listen, --state-dir/],
    ['start --state-dir /x -q', /OPTION_UNKNOWN: nameserver start has no option "-q"/],
    ['start --state-dir /x --no-listen', /OPTION_UNKNOWN: nameserver start has no option "--no-listen"/],
    ['start --state-dir /x --log.level a', /OPTION_UNKNOWN: .* "--log\.level"/],
    ['start --state-dir /x --constructor a', /OPTION_UNKNOWN: .* "--constructor"/],
    ['start --state-dir -x', /needs a value/],
    ['start --state-dir /x extra', /ARGUMENT_SURPLUS: nameserver start takes no arguments, but 1 was given/],
    ['start --state-dir /x --state-dir /y', /ARGUMENT_INVALID: option "--state-dir": is given twice/],
    [
      'start --insecure=perhaps',
      /ARGUMENT_INVALID: option "--insecure": must be "true", "false" or "network"/,
    ],
    ['start', /ARGUMENT_MISSING: option "--state-dir" is missing; usage: nameserver start /],
    ['start --state-dir', /ARGUMENT_INVALID: option "--state-dir": needs a value; write "--state-dir=VALUE"/],
    ['start --state-dir --insecure', /ARGUMENT_INVALID: option "--state-dir": needs a value/],
    ['lookup a -oyml', /ARGUMENT_INVALID: option --format must be table, .*not "yml"; did you mean "yaml"\?/],
    ['lookup', /ARGUMENT_MISSING: argument "name" is missing; usage: nameserver lookup NAME /],
    ['lookup a b', /ARGUMENT_SURPLUS: .* but 2 were given \(the first extra one is "b"\)/],
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

describe('With JSON asked for, a program', () => {
  for (const words of [
    'lookup a --json',
    'lookup -o json a',
    'lookup -ojson a',
    'lookup a --format=ndjson',
  ]) {
    it(`prints the error of "${words}" as one JSON value`, async () => {
      const { status, stdout, stderr } = await run(words);
      expect({ status, stdout }).to.deep.equal({ status: 3, stdout: '' });
      expect(stderr).to.match(/^[^\n]+\n$/);
      expect(JSON.parse(stderr)).to.deep.equal({
        code: 'NOT_FOUND',
        reason: 'OBJECT_NOT_FOUND',
        message: 'no object "a"',
        details: {},
      });
    });
  }

  it('does so for errors of usage too, but not for what stands behind --', async () => {
    const { stderr } = await run('lookup --jsn --json');
    expect(JSON.parse(stderr)).to.deep.include({ reason: 'OPTION_UNKNOWN', details: { option: '--jsn' } });
    expect((await run('lookup x -- --json')).stderr).to.match(/^error: INVALID_ARGUMENT ARGUMENT_SURPLUS/);
  });
});

describe('The version of a package', () => {
  it('is that of the package.json above the module', () => {
    const manifest = new URL('../../package.json', import.meta.url);
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
    expect(packageVersion(import.meta.url)).to.equal(version);
  });
});
