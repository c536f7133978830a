import { expect } from 'chai';

import { CallLog, callLogSettings, callsObject } from '@patchbay/calls';
import { silentLog, systemClock } from '@patchbay/objects';
import { arg, defineObject, method, secret } from '@patchbay/objects/define';
import { eventually } from '@patchbay/objects/testing';
import { z } from 'zod';

import { register, serveObjects } from './desk.js';
import { NameServerProcess } from './name-server-process.js';
import { type Outcome, run, scratchDirectory, start } from './programs.js';

const vault = defineObject({
  summary: 'A vault',
  methods: {
    open: method({
      summary: 'Open it',
      args: [arg('password', secret(z.string()), 'what opens it')],
      returns: z.int(),
      run: (password) => password.length,
    }),
  },
});

describe('rpcclient calls', function () {
  this.timeout(60_000);
  let directory: Awaited<ReturnType<typeof scratchDirectory>>;
  let nameServer: NameServerProcess;
  let log: CallLog;
  let objects: Awaited<ReturnType<typeof serveObjects>>;

  before(async () => {
    directory = await scratchDirectory();
    nameServer = await NameServerProcess.start(directory.path);
    log = new CallLog({
      file: `${directory.path}/other/calls.sqlite`,
      settings: callLogSettings.parse({}),
      clock: systemClock,
      log: silentLog,
    });
    objects = await serveObjects(
      nameServer.address,
      { vault, 'calls.rpcserver.web1': callsObject(log) },
      log,
    );
    await register(nameServer.address, 'lab', '127.0.0.1:1', [{ name: 'calls.rpcserver.web2' }]);
  });
  after(async () => {
    await objects[Symbol.asyncDispose]();
    await log[Symbol.asyncDispose]();
    await nameServer[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  });

  function call(...words: string[]): Promise<Outcome> {
    return run('rpcclient', words, { PATCHBAY_NAMESERVER: nameServer.address });
  }

  it('shows those of all daemons by time, with secrets masked, and names a daemon that does not answer', async () => {
    await call('nameserver.lookup', 'nothing');
    const opened = await call('vault.open', 'hunter2');
    expect(opened.stdout).to.equal('7\n');
    const { status, stdout, stderr } = await call('calls', '--since', '1h', '--json');
    expect({ status, stderr }).to.deep.include({ status: 0 });
    expect(stderr).to.match(/^warning: calls\.rpcserver\.web2 did not answer: [^\n]+\n$/);
    const found = (JSON.parse(stdout) as Record<string, unknown>[]).filter(
      ({ object }) => object !== 'calls.nameserver',
    );
    expect(found.map((each) => [each.log, each.method, each.reason, each.arguments])).to.deep.equal([
      ['calls.nameserver', 'lookup', 'OBJECT_NOT_FOUND', ['nothing']],
      ['calls.rpcserver.web1', 'open', undefined, ['***']],
    ]);
  });

  it('shows a table for people, of what the options ask for', async () => {
    const { stdout } = await call('calls', '--method', 'vault.*', '--no-failed');
    expect(stdout).to.match(
      /^AT +LOG +CALLER +CALL +ARGUMENTS +DURATION +ERROR\n\S+ +calls\.rpcserver\.web1 +anonymous +vault\.open +\["\*\*\*"\]/,
    );
  });

  it('refuses what a log refuses', async () => {
    const { status, stderr } = await call('calls', '--text', 'a');
    expect(status).to.equal(2);
    expect(stderr).to.include('SPAN_TOO_LONG');
  });

  it('follows them', async () => {
    const followed = start('rpcclient', ['calls', '--follow', '--failed'], {
      PATCHBAY_NAMESERVER: nameServer.address,
    });
    try {
      await eventually(async () => {
        await call('nameserver.lookup', 'nobody');
        return followed.said.stdout.includes('nameserver.lookup  ["nobody"]');
      }, 40_000);
      followed.child.kill('SIGINT');
      await followed.ended;
    } finally {
      followed.child.kill('SIGKILL');
    }
  });
});

describe('a secret argument', function () {
  this.timeout(60_000);

  it('is taken from standard input, and with a warning from the command line; the help tells so', async () => {
    await using directory = await scratchDirectory();
    await using nameServer = await NameServerProcess.start(directory.path);
    await using objects = await serveObjects(nameServer.address, { vault });
    expect(objects.address).to.be.a('string');
    const environment = { PATCHBAY_NAMESERVER: nameServer.address };
    const typed = await run('rpcclient', ['vault.open', 'hunter2'], environment);
    expect(typed.stdout).to.equal('7\n');
    expect(typed.stderr).to.match(/^warning: password is secret, but other users /);
    const piped = start('rpcclient', ['vault.open', '-'], environment, 'pipe');
    piped.child.stdin?.end('hunter2\n');
    expect(await piped.ended).to.deep.equal({ status: 0, stdout: '7\n', stderr: '' });
    const { stdout } = await run('rpcclient', ['help', 'vault.open'], environment);
    expect(stdout).to.match(/PASSWORD +what opens it \(secret: give "-"/);
  });
});
