import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { type Code, exitStatusOfCode } from '@patchbay/objects';
import { eventually } from '@patchbay/objects/testing';

import { type Desk, hostile, makeDesk, register, serveObjects } from './desk.js';
import { NameServerProcess } from './name-server-process.js';
import { fileOf, follow, onTerminal, type Outcome, run, scratchDirectory, start } from './programs.js';

describe('The command rpcclient', function () {
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
    await register(nameServer.address, 'dead', '127.0.0.1:1', [{ name: 'dead' }]);
  });
  after(async () => {
    await objects[Symbol.asyncDispose]();
    await nameServer[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  });

  function call(...words: string[]): Promise<Outcome> {
    return run('rpcclient', words, { PATCHBAY_NAMESERVER: nameServer.address });
  }

  /** Runs the command with something on its standard input. */
  function fed(input: string, ...words: string[]): Promise<Outcome> {
    const running = start('rpcclient', words, { PATCHBAY_NAMESERVER: nameServer.address }, 'pipe');
    running.child.stdin?.on('error', () => undefined); // it may end before it has read all
    running.child.stdin?.end(input);
    return running.ended;
  }

  /** Calls a method and returns its result as JSON tells it. */
  async function resultOf(...words: string[]): Promise<unknown> {
    const { status, stdout, stderr } = await call('--json', ...words);
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    return JSON.parse(stdout);
  }

  it('prints a table in which nothing can drive the terminal', async () => {
    expect(await call('list_images')).to.deep.equal({
      status: 0,
      stderr: '',
      stdout:
        'NAME                                   SIZE  CREATED AT\n' +
        'ubuntu                             10.0 GiB  2026-01-02T03:04:05Z\n' +
        'eve\\u001b[2J\\nerror: forged\\u202e   1.0 KiB  2026-01-02T03:04:05Z\n',
    });
  });

  it('prints one JSON value with --json behind the method', async () => {
    const { stdout } = await call('list_images', '--json');
    expect(stdout.trimEnd()).to.not.include('\n');
    expect(JSON.parse(stdout)).to.have.nested.property('[1].name', hostile);
  });

  it('prints nothing for no result, and null as JSON', async () => {
    expect(await call('quiet')).to.deep.equal({ status: 0, stdout: '', stderr: '' });
    expect(await call('quiet', '--json')).to.deep.equal({ status: 0, stdout: 'null\n', stderr: '' });
  });

  it('reads a property, and shows it in the help', async () => {
    expect(await call('storage.size')).to.deep.equal({ status: 0, stdout: '3072\n', stderr: '' });
    expect(await resultOf('size')).to.equal(3072);
    expect((await call('help', 'storage.size')).stdout).to.equal(
      'Usage: rpcclient storage.size\n\nhow large the desk is\n\nNeeds the role viewer\n',
    );
    expect((await call('describe', 'storage')).stdout).to.match(
      /^Properties:\n {2}size {2}how large the desk is$/m,
    );
  });

  it('warns of a deprecated method, whatever its format', async () => {
    for (const [words, stdout] of [
      [['old'], 'as ever\n'],
      [['old', '--json'], '"as ever"\n'],
    ] as const) {
      const stderr = 'warning: storage.old is deprecated: use why\n';
      expect(await call(...words)).to.deep.equal({ status: 0, stdout, stderr });
    }
  });

  it('sends the reason of a call along', async () => {
    expect(await resultOf('--reason', 'ticket 7: Zürich', 'why')).to.equal('ticket 7: Zürich');
    expect(await resultOf('why')).to.equal(null);
  });

  it('sends words that the server reads by the schema', async () => {
    expect(await resultOf('provision', 'node7', 'ubuntu', '3', '--size', '20GiB')).to.deep.equal({
      node: 'node7',
      image: 'ubuntu',
      copies: 3,
      sizeBytes: 20 * 1024 ** 3,
    });
  });

  it('sends every word as it was typed', async () => {
    const words = ['007', '-5', '-json', 'true', '', ' ', '"quoted"', "'x'", '1e3', 'a=b', 'é\n'];
    expect(await resultOf('say', ...words)).to.deep.equal(words);
  });

  it('sends everything behind -- as words', async () => {
    expect(await resultOf('say', 'a', '--', '--json', '--', '--help')).to.deep.equal([
      'a',
      '--json',
      '--',
      '--help',
    ]);
  });

  it('sends files and standard input as streams, and as the text of words', async () => {
    const file = join(directory.path, 'value.json');
    await writeFile(file, '{"a": [1, 2]}\n');
    const measured = await fed('', 'measure', `@${file}`, '--json');
    expect(JSON.parse(measured.stdout)).to.deep.equal({ bytes: 14 });
    const piped = await fed('x'.repeat(3_000_000), 'measure', '-', '--json');
    expect(JSON.parse(piped.stdout)).to.deep.equal({ bytes: 3_000_000 });
    const taken = await fed('a note\n', 'take', `@${file}`, '--note=-', '--json');
    expect(JSON.parse(taken.stdout)).to.deep.equal({ value: { a: [1, 2] }, note: 'a note' });
    const literal = await fed('', 'say', '@@x', '--json', '--', '-', '@y');
    expect(JSON.parse(literal.stdout)).to.deep.equal(['@x', '-', '@y']);
  });

  it('reads the file that a path names, where only its content fits', async () => {
    const file = join(directory.path, 'read.txt');
    await writeFile(file, 'x'.repeat(1000));
    expect(await resultOf('measure', file)).to.deep.equal({ bytes: 1000 });
    const { status, stderr } = await call('measure', `${file}.missing`);
    expect(status).to.equal(2);
    expect(stderr).to.match(/ARGUMENT_INVALID: cannot read the file .*read\.txt\.missing/);
  });

  it('leaves a path alone where a text fits, and reads none that is not evidently a path', async () => {
    expect(await resultOf('say', '/etc/hostname', './x')).to.deep.equal(['/etc/hostname', './x']);
    const { status, stderr } = await call('measure', 'package.json');
    expect(status).to.equal(2);
    expect(stderr).to.match(/FILE_EXPECTED: .*"@package\.json"/);
  });

  const given = Buffer.concat(Array.from({ length: 6 }, (_, piece) => Buffer.alloc(100_000, piece)));

  it('writes bytes to a file, and the result as ever', async () => {
    const file = join(directory.path, 'given');
    expect(await call('give', '--output', file)).to.deep.equal({
      status: 0,
      stdout: 'sent  585.9 KiB\n',
      stderr: '',
    });
    expect((await readFile(file)).equals(given)).to.equal(true);
    expect(await resultOf('give', `--output=${file}`)).to.deep.equal({ sentBytes: 600_000 });
    expect((await readFile(file)).equals(given)).to.equal(true);
    expect((await readdir(directory.path)).filter((name) => name.startsWith('given'))).to.deep.equal([
      'given',
    ]);
  });

  it('writes bytes, and nothing else, to a standard output that is no terminal', async () => {
    const file = join(directory.path, 'redirected');
    const command = ['-c', '"$0" "$@" > "$OUT"', process.execPath, fileOf('rpcclient'), 'give'];
    const env = {
      PATH: process.env.PATH,
      PATCHBAY_NAMESERVER: nameServer.address,
      PATCHBAY_INSECURE: '1',
      OUT: file,
    };
    const { status } = await follow(spawn('sh', command, { env })).ended;
    expect(status).to.equal(0);
    expect((await readFile(file)).equals(given)).to.equal(true);
  });

  it('writes no bytes to a terminal', async () => {
    const environment = { PATCHBAY_NAMESERVER: nameServer.address };
    const { status, stdout } = await onTerminal('rpcclient', ['give'], environment).ended;
    expect(status).to.equal(2);
    expect(stdout).to.match(/OUTPUT_REQUIRED: .*--output FILE/);
  });

  it('leaves a file as it was when the bytes break off', async () => {
    const file = join(directory.path, 'kept');
    await writeFile(file, 'before');
    const { status } = await call('give', '--fail', '--output', file);
    expect(status).to.equal(3);
    expect(await readFile(file, 'utf8')).to.equal('before');
    expect((await readdir(directory.path)).filter((name) => name.startsWith('kept'))).to.deep.equal(['kept']);
  });

  const noOutput: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['a directory that is not there', ['give', '--output', '/no/such/file'], /OUTPUT_FAILED: cannot write/],
    ['a method that gives no bytes', ['list_images', '--output', '/no/such/file'], /returned no bytes/],
    ['a verb', ['ls', '--output', '/no/such/file'], /--output/],
  ];
  for (const [what, words, why] of noOutput) {
    it(`says so of --output for ${what}`, async () => {
      const { status, stderr } = await call(...words);
      expect(status).to.not.equal(0);
      expect(stderr).to.match(why);
    });
  }

  const unreadable: readonly (readonly [string, readonly string[], string])[] = [
    ['a file that is not there', ['measure', '@/no/such/file'], 'no such file'],
    ['a directory', ['measure', '@/'], 'it is a directory'],
    ['standard input twice', ['say', '-', '-'], 'standard input'],
    ['a word where there must be a stream', ['measure', 'word'], '@FILE'],
    ['a file that is not JSON', ['take', '@/etc/hostname'], 'JSON'],
  ];
  for (const [what, words, why] of unreadable) {
    it(`says what is wrong with ${what}`, async () => {
      const { status, stderr } = await fed('', ...words);
      expect(status).to.equal(2);
      expect(stderr).to.contain(why);
    });
  }

  it('leaves its own options to the method behind a -- before the method', async () => {
    const { stdout } = await call('--', 'shadow', '--timeout', '5s', '--json');
    expect(stdout).to.equal('timeout  5s\njson     yes\n');
  });

  it('calls the object that the method names, or the option, or the environment', async () => {
    expect(await resultOf('desk.two.say', 'a')).to.deep.equal(['a']);
    expect(await resultOf('--object', 'desk.two', 'say', 'b')).to.deep.equal(['b']);
    const environment = { PATCHBAY_NAMESERVER: nameServer.address, PATCHBAY_OBJECT: 'nobody' };
    const { stderr } = await run('rpcclient', ['say', 'c'], environment);
    expect(stderr).to.match(/OBJECT_NOT_FOUND: no object "nobody"/);
  });

  it("calls the name server's own object", async () => {
    expect(await resultOf('nameserver.info')).to.have.property('names', 3);
  });

  it('prefers --name-server to the environment', async () => {
    const words = ['say', 'a', `--name-server=${nameServer.address}`, '--json'];
    expect(await run('rpcclient', words, { PATCHBAY_NAMESERVER: '127.0.0.1:1' })).to.include({
      stdout: '["a"]\n',
    });
  });

  it('prints what a method yields as lines, and then its result', async () => {
    expect(await call('work')).to.deep.equal({ status: 0, stdout: 'half way\ndone\n', stderr: '' });
  });

  it('prints the result of a method that yields, and nothing else, with --json', async () => {
    expect(await call('work', '--json')).to.deep.equal({ status: 0, stdout: '"done"\n', stderr: '' });
  });

  it('draws progress as a bar on a terminal', async () => {
    const work = onTerminal('rpcclient', ['work', '--name-server', nameServer.address]);
    const { stdout } = await work.ended;
    expect(stdout).to.match(/converting {2}\[#{12}-{12}\] {2}50%.*half way.*100%.*done\r\n$/s);
  });

  for (const code of Object.keys(exitStatusOfCode) as Code[]) {
    it(`exits with ${String(exitStatusOfCode[code])} for ${code}, and one line on stderr`, async () => {
      expect(await call('fail', code)).to.deep.equal({
        status: exitStatusOfCode[code],
        stdout: '',
        stderr: `error: ${code} A_REASON: failed: eve\\u001b[2J\\nerror: forged\\u202e\n`,
      });
    });
  }

  it('exits with 1 for a failure that the server does not tell', async () => {
    const { status, stderr } = await call('fail', 'secret');
    expect(status).to.equal(1);
    expect(stderr)
      .to.match(/^error: INTERNAL UNEXPECTED: storage\.fail failed unexpectedly/)
      .and.not.include('secret');
  });

  const refused: [words: string[], status: number, line: RegExp][] = [
    [['--object', 'desk'], 2, /ARGUMENT_MISSING: a method is required; see "rpcclient help"/],
    [['--jsn', 'say'], 2, /OPTION_UNKNOWN: unknown option "--jsn" before a method; did you mean "--json"\?/],
    [['-x'], 2, /OPTION_UNKNOWN: unknown option "-x" before a method/],
    [
      ['say', '-o', 'xml'],
      2,
      /ARGUMENT_INVALID: option --format must be table, json, yaml, ndjson, not "xml"/,
    ],
    [['descibe'], 2, /METHOD_NOT_FOUND: .*; the command "rpcclient describe" has a similar name/],
    [['say', '--timeout'], 2, /ARGUMENT_MISSING: option --timeout needs a value/],
    [['say', '--timeout', '--watch'], 2, /ARGUMENT_MISSING: option --timeout needs a value/],
    [
      ['say', '--timeout', '30'],
      2,
      /ARGUMENT_INVALID: option --timeout must be none or a duration.*not "30"/,
    ],
    [['say', '--reason', 'a\nb'], 2, /METADATA_INVALID: metadata "reason": a value has no control/],
    [['ls', '--reason', 'x'], 2, /OPTION_UNKNOWN: "ls" takes no --reason/],
    [['say', '--timeout', '0'], 2, /ARGUMENT_INVALID: option --timeout must be .*more than 0/],
    [['say', '--timeout=1s', '--timeout=2s'], 2, /ARGUMENT_INVALID: option --timeout is given twice/],
    [['say', '--json=yes'], 2, /ARGUMENT_INVALID: option --json takes no value/],
    [['--name-server', 'here', 'say'], 2, /CONFIG_INVALID: address "here": must be host:port/],
    [['storage.'], 2, /ARGUMENT_MISSING: no method follows the dot/],
    [['.say'], 2, /NAME_INVALID: object name ""/],
    [['../x.say'], 2, /NAME_INVALID/],
    [['provison', 'a', 'b'], 2, /METHOD_NOT_FOUND: .*"provison"; did you mean "provision"\?/],
    [['provision', 'a', 'b', '--sise', '1GiB'], 2, /OPTION_UNKNOWN: .*"--sise"; did you mean "--size"\?/],
    [['provision', 'a', 'b', '--size', 'big'], 2, /ARGUMENT_INVALID: option "--size"/],
    [['provision', 'a'], 2, /ARGUMENT_MISSING: .*"image" is missing/],
    [['quiet', 'x'], 2, /ARGUMENT_SURPLUS/],
    [
      ['storge.say'],
      3,
      /OBJECT_NOT_FOUND: no object "storge" is registered at \S+; did you mean "storage"\?/,
    ],
    [['dead.say'], 8, /CONNECTION_LOST: no connection to 127\.0\.0\.1:1: connection refused/],
    [
      ['wait', '--timeout', '3s'],
      9,
      /DEADLINE_PASSED: storage\.wait did not finish within 3s, the time limit of its caller; --timeout sets another/,
    ],
  ];
  for (const [words, status, line] of refused) {
    it(`says what is wrong with "rpcclient ${words.join(' ')}"`, async () => {
      const attempt = async (): Promise<void> => {
        const outcome = await call(...words);
        expect(outcome.stderr)
          .to.match(line)
          .and.to.match(/^error: [^\n]+\n$/);
        expect(outcome).to.include({ status, stdout: '' });
      };
      // A busy machine may not even have sent a call within its time limit.
      await (status === exitStatusOfCode.DEADLINE_EXCEEDED ? eventually(attempt, 15_000) : attempt());
    });
  }

  it('says where it looked when there is no name server', async () => {
    const outcome = await run('rpcclient', ['say', 'a'], { PATCHBAY_NAMESERVER: '127.0.0.1:1' });
    expect(outcome).to.include({ status: 8, stdout: '' });
    expect(outcome.stderr).to.match(
      /^error: UNAVAILABLE NAMESERVER_UNAVAILABLE: no name server answers at 127\.0\.0\.1:1 .*PATCHBAY_NAMESERVER if it is elsewhere\n$/,
    );
  });

  const failures: [words: string[], status: number, error: Record<string, unknown>][] = [
    [['fail', 'NOT_FOUND', '--json'], 3, { code: 'NOT_FOUND', reason: 'A_REASON', details: {} }],
    [['provision', 'a', '-o', 'json'], 2, { reason: 'ARGUMENT_MISSING', details: { argument: 'image' } }],
    [['-ojson', '--jsn'], 2, { reason: 'OPTION_UNKNOWN', details: { option: '--jsn' } }],
    [['say', '--format=ndjson', '--timeout', '0'], 2, { reason: 'ARGUMENT_INVALID' }],
    [['--json', 'say', '--name-server', 'here'], 2, { reason: 'CONFIG_INVALID' }],
    [['--json', 'say', '--name-server', '127.0.0.1:1'], 8, { reason: 'NAMESERVER_UNAVAILABLE' }],
    [['--json', 'help', 'nope'], 2, { reason: 'METHOD_NOT_FOUND' }],
  ];
  for (const [words, status, error] of failures) {
    it(`prints one JSON value for what is wrong with "rpcclient ${words.join(' ')}"`, async () => {
      const outcome = await call(...words);
      expect(outcome).to.include({ status, stdout: '' });
      expect(outcome.stderr).to.match(/^[^\n]+\n$/);
      const told = JSON.parse(outcome.stderr) as Record<string, unknown>;
      expect(Object.keys(told)).to.deep.equal(['code', 'reason', 'message', 'details']);
      expect(told).to.deep.include(error);
    });
  }

  it('cancels the call on Ctrl-C and exits with 130', async () => {
    const { begun, cancelled } = desk.waits;
    const waiting = start('rpcclient', ['wait', '--timeout', 'none'], {
      PATCHBAY_NAMESERVER: nameServer.address,
    });
    await eventually(() => desk.waits.begun === begun + 1);
    waiting.child.kill('SIGINT');
    expect(await waiting.ended).to.deep.equal({
      status: 130,
      stdout: '',
      stderr: 'error: CANCELLED CALL_CANCELLED: storage.wait was cancelled by its caller\n',
    });
    await eventually(() => desk.waits.cancelled === cancelled + 1);
  });

  it('ends quietly when the reader of its output leaves', async () => {
    const many = start('rpcclient', ['many'], { PATCHBAY_NAMESERVER: nameServer.address });
    many.child.stdout?.once('data', () => {
      many.child.stdout?.destroy();
    });
    expect(await many.ended).to.include({ status: 0, stderr: '' });
  });

  describe('--help', () => {
    it('tells its own options and the methods of the object', async () => {
      const { status, stdout, stderr } = await call('--help');
      expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
      expect(stdout).to.match(/^Usage: rpcclient .*--name-server HOST:PORT .*storage: A desk for tests/s);
      expect(stdout).to.match(/ {2}provision NODE IMAGE \[COPIES\] +Give a node a disk\n/);
    });

    it('tells of one method, wherever it stands', async () => {
      const { stdout } = await call('provision', '--help');
      expect(stdout).to.match(/^Usage: rpcclient provision NODE IMAGE \[COPIES\] \[--size SIZE\]\n/);
      for (const words of [
        ['--help', 'provision', 'x'],
        ['provision', '-h'],
        ['help', 'provision'],
      ]) {
        expect(await call(...words)).to.deep.equal({ status: 0, stdout, stderr: '' });
      }
    });

    it('is what no arguments, -h and the command help show', async () => {
      const expected = await call('--help');
      for (const words of [[], ['-h'], ['help']]) {
        expect(await call(...words)).to.deep.equal(expected);
      }
    });

    it('tells how to reach an option that is called like one of its own', async () => {
      const { stdout } = await call('desk.two.shadow', '--help');
      expect(stdout.replaceAll(/\s+/g, ' ')).to.include(
        '--timeout, --json: rpcclient has an option of this name too; write "rpcclient -- desk.two.shadow ..."',
      );
    });

    it('fails for a method that is not there', async () => {
      const { status, stdout, stderr } = await call('provison', '--help');
      expect({ status, stdout }).to.deep.equal({ status: 2, stdout: '' });
      expect(stderr).to.match(
        /METHOD_NOT_FOUND: storage has no method "provison"; did you mean "provision"\?\n$/,
      );
    });

    it('tells its own options, and why not the methods, where there is no name server', async () => {
      const outcome = await run('rpcclient', ['--help'], { PATCHBAY_NAMESERVER: '127.0.0.1:1' });
      expect(outcome).to.include({ status: 0, stderr: '' });
      expect(outcome.stdout).to.match(
        /^Usage: .*\nThe methods of "storage" cannot be shown: error: UNAVAILABLE NAMESERVER_UNAVAILABLE: [^\n]+\n$/s,
      );
    });

    it('waits two seconds for a name server that accepts and does not answer', async () => {
      const mute = createServer().listen(0, '127.0.0.1');
      await once(mute, 'listening');
      const { port } = mute.address() as { port: number };
      try {
        const began = performance.now();
        const outcome = await run('rpcclient', ['--help', '--name-server', `127.0.0.1:${String(port)}`]);
        expect(performance.now() - began).to.be.within(2_000, 10_000);
        expect(outcome.stdout).to.match(/cannot be shown: .*nobody described "storage" within 2 s\n$/);
      } finally {
        mute.close();
      }
    });
  });

  it('tells its version', async () => {
    expect((await call('--version')).stdout).to.match(/^\d+\.\d+\.\d+\n$/);
  });
});
