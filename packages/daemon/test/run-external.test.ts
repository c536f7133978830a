import { expect } from 'chai';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';

import { eventually, requireTools, Scratch } from '@patchbay/objects/testing';

/** A program of one command, with the external commands beside it. */
const caller = `#!${process.execPath}
import { command, ExternalCommands, runProgram } from ${JSON.stringify(new URL('../src/index.js', import.meta.url).href)};
const own = command({ name: 'own', summary: 'Its own.', run: () => Promise.resolve(console.log('its own')) });
const [, file, ...words] = process.argv;
process.exitCode = await runProgram(
  { name: 'tool', summary: 'A tool.', version: '1', commands: [own], external: new ExternalCommands('tool', file) },
  words,
);
`;
const wait =
  "#!/bin/sh\ntrap 'echo told; exit 7' INT HUP QUIT TERM\necho ready\nwhile kill -0 $PPID; do sleep 0.05; done\n";

describe('A program with commands that are programs of their own', function () {
  this.timeout(20_000);
  let scratch: Scratch;
  before(async () => {
    scratch = await Scratch.make();
    put('tool.mjs', caller);
    put('tool-show', '#!/bin/sh\nprintf "<%s>" "$@"; cat; echo words of its own >&2; exit 9\n');
    put('tool-own', '#!/bin/sh\necho never\n');
    put('tool-wait', wait);
    put('tool-killed', '#!/bin/sh\nkill -9 $$\n');
    put('tool-broken', '#!/no/such/interpreter\n');
  });
  after(() => scratch[Symbol.asyncDispose]());

  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) {
      child.kill('SIGKILL');
    }
  });

  function put(name: string, content: string): void {
    writeFileSync(scratch.file(name), content);
    chmodSync(scratch.file(name), 0o755);
  }

  async function run(...words: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
    const child = spawn(scratch.file('tool.mjs'), words, { stdio: 'pipe' });
    child.stdin.end('its input');
    const [stdout, stderr, [status]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close') as Promise<[number]>,
    ]);
    return { status, stdout, stderr };
  }

  it('passes on arguments, input, output and exit status unchanged', async () => {
    const words = ['', 'a b', '--help', '$HOME;`true`', '-x'];
    expect(await run('show', ...words)).to.deep.equal({
      status: 9,
      stdout: `${words.map((word) => `<${word}>`).join('')}its input`,
      stderr: 'words of its own\n',
    });
  });

  it('runs its own command where both have the name', async () => {
    expect(await run('own')).to.deep.equal({ status: 0, stdout: 'its own\n', stderr: '' });
  });

  it('names them in its help, and not in that of a command', async () => {
    const { status, stdout } = await run('--help');
    expect(status).to.equal(0);
    expect(stdout).to.match(
      /Commands:\n {2}own +Its own\.\n {2}help .*\n {2}broken +Run the program tool-broken\n {2}killed .*\n {2}show .*\n {2}wait .*\n\n/,
    );
    expect((await run('own', '--help')).stdout).to.not.include('tool-show');
  });

  it('asks one for its help', async () => {
    expect((await run('help', 'show')).stdout).to.equal('<--help>its input');
  });

  it('suggests one for a similar name', async () => {
    const { status, stderr } = await run('shw');
    expect(stderr).to.equal(
      'error: INVALID_ARGUMENT ARGUMENT_INVALID: tool has no command "shw"; did you mean "show"?\n',
    );
    expect(status).to.equal(2);
  });

  it('exits as a shell does for one that a signal ended', async () => {
    expect(await run('killed')).to.deep.equal({ status: 137, stdout: '', stderr: '' });
  });

  it('reports one that cannot be started', async () => {
    const { status, stderr } = await run('broken');
    expect(stderr).to.match(/^error: FAILED_PRECONDITION COMMAND_UNUSABLE: .*tool-broken cannot be started/);
    expect(status).to.equal(5);
  });

  for (const signal of ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'] as const) {
    it(`passes ${signal} on, and waits for what comes of it`, async () => {
      const child = spawn(scratch.file('tool.mjs'), ['wait'], { stdio: ['ignore', 'pipe', 'inherit'] });
      children.push(child);
      let said = '';
      child.stdout.setEncoding('utf8').on('data', (more: string) => {
        if (said === '') {
          child.kill(signal);
        }
        said += more;
      });
      expect(await once(child, 'close')).to.deep.equal([7, null]);
      expect(said).to.equal('ready\ntold\n');
    });
  }

  it('does not tell one of a Ctrl-C that the terminal has told it', async function () {
    requireTools(this, 'script');
    put(
      'tool-count',
      "#!/bin/sh\ntrap 'echo told' INT\ntrap 'exit 7' TERM\necho ready $PPID\nwhile kill -0 $PPID; do sleep 0.05; done\n",
    );
    const child = spawn('script', ['-qec', `exec ${scratch.file('tool.mjs')} count`, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    children.push(child);
    const ended = once(child, 'close');
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (more: string) => (said += more));
    await eventually(() => {
      expect(said).to.match(/ready \d+/);
    });
    child.stdin.write('\x03');
    await eventually(() => {
      expect(said).to.include('told');
    });
    process.kill(Number(/ready (\d+)/.exec(said)?.[1]), 'SIGTERM'); // which arrives after all other signals
    expect(await ended).to.deep.equal([7, null]);
    expect(said.match(/told/g)).to.have.length(1);
  });
});
