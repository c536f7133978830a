import { expect } from 'chai';
import { spawn } from 'node:child_process';

import { makeDesk, serveObjects } from './desk.js';
import { NameServerProcess } from './name-server-process.js';
import { fileOf, follow, type Outcome, type ProgramName, run, scratchDirectory } from './programs.js';

describe('A command whose output cannot be written', function () {
  this.timeout(60_000);
  let directory: Awaited<ReturnType<typeof scratchDirectory>>;
  let nameServer: NameServerProcess;
  let objects: Awaited<ReturnType<typeof serveObjects>>;

  before(async () => {
    directory = await scratchDirectory();
    nameServer = await NameServerProcess.start(directory.path);
    objects = await serveObjects(nameServer.address, { storage: makeDesk().definition });
  });
  after(async () => {
    await objects[Symbol.asyncDispose]();
    await nameServer[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  });

  /** Runs a command with a redirection, as a shell understands it. */
  function redirected(to: string, program: ProgramName, words: readonly string[]): Promise<Outcome> {
    const argv = ['-c', `"$0" "$@" ${to}`, process.execPath, fileOf(program), ...words];
    const env = { PATH: process.env.PATH, PATCHBAY_NAMESERVER: nameServer.address, PATCHBAY_INSECURE: '1' };
    return follow(spawn('sh', argv, { env, stdio: ['ignore', 'pipe', 'pipe'] })).ended;
  }

  const outputs: [program: ProgramName, words: string][] = [
    ['rpcclient', 'list_images'],
    ['rpcclient', 'list_images -o yaml'],
    ['rpcclient', 'work'],
    ['rpcclient', 'many'],
    ['rpcclient', 'give'],
    ['rpcclient', 'list_images --watch 100ms'],
    ['rpcclient', 'ls'],
    ['rpcclient', '--help'],
    ['rpcclient', '--version'],
    ['nameserver', 'list'],
    ['nameserver', 'watch --from-revision 0'],
    ['nameserver', 'help list'],
    ['rpcserver', ''],
    ['rpcserver', 'init-pool --help'],
    ['patchbay-storage', '--version'],
  ];
  for (const [program, words] of outputs) {
    it(`says so in one line: ${program} ${words}`, async () => {
      const outcome = await redirected('> /dev/full', program, words === '' ? [] : words.split(' '));
      expect(outcome).to.deep.equal({
        status: 7,
        stdout: '',
        stderr:
          'error: RESOURCE_EXHAUSTED OUTPUT_FULL: cannot write standard output: no space left on device\n',
      });
    });
  }

  it('says so as JSON where JSON is asked for', async () => {
    const { status, stderr } = await redirected('> /dev/full', 'rpcclient', ['list_images', '--json']);
    expect(status).to.equal(7);
    expect(JSON.parse(stderr)).to.include({ code: 'RESOURCE_EXHAUSTED', reason: 'OUTPUT_FULL' });
  });

  it('says so of a file', async () => {
    const { status, stderr } = await redirected('', 'rpcclient', ['give', '--output', '/dev/full']);
    expect(status).to.equal(7);
    expect(stderr).to.equal(
      'error: RESOURCE_EXHAUSTED OUTPUT_FULL: cannot write "/dev/full": no space left on device\n',
    );
  });

  for (const [program, words, status] of [
    ['rpcclient', 'list_images', 0],
    ['rpcclient', 'fail NOT_FOUND', 3],
    ['nameserver', 'list', 0],
    ['nameserver', 'lookup nobody', 3],
  ] as const) {
    it(`has the same status where standard output or standard error is closed: ${program} ${words}`, async () => {
      for (const to of ['>&-', '2>&-', '2> /dev/full']) {
        expect(await redirected(to, program, words.split(' ')), to).to.include({ status });
      }
    });
  }

  it('ends quietly where the reader has left', async () => {
    const argv = ['-c', '{ "$0" "$@"; echo $? >&2; } | true', process.execPath, fileOf('nameserver'), 'help'];
    const { stderr } = await follow(spawn('sh', argv, { stdio: ['ignore', 'pipe', 'pipe'] })).ended;
    expect(stderr).to.equal('0\n');
    expect(await run('nameserver', ['help'])).to.include({ status: 0, stderr: '' });
  });
});
