import { expect } from 'chai';

import type { NameRecord } from '@patchbay/objects';
import { eventually } from '@patchbay/objects/testing';

import { NameServerProcess } from './name-server-process.js';
import { type Outcome, run, type Running, scratchDirectory, start } from './programs.js';

const address = '127.0.0.1:7999';

describe('nameserver register', function () {
  this.timeout(60_000);
  let directory: Awaited<ReturnType<typeof scratchDirectory>>;
  let nameServer: NameServerProcess;
  const running: Running[] = [];

  before(async () => {
    directory = await scratchDirectory();
    nameServer = await NameServerProcess.start(directory.path);
  });
  afterEach(async () => {
    for (const { child, ended } of running.splice(0)) {
      child.kill('SIGKILL');
      await ended;
    }
  });
  after(async () => {
    await nameServer[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  });

  function environment(): Record<string, string> {
    return { PATCHBAY_NAMESERVER: nameServer.address };
  }

  /** Starts to keep a name, and waits until it is kept. */
  async function keep(...words: string[]): Promise<Running> {
    const command = start('nameserver', ['register', ...words], environment());
    running.push(command);
    await eventually(() => {
      expect(command.said.stderr).to.include('registered the names');
    }, 20_000);
    return command;
  }

  async function lookup(name: string): Promise<NameRecord | undefined> {
    const { status, stdout } = await run('nameserver', ['lookup', name, '--json'], environment());
    return status === 0 ? (JSON.parse(stdout) as NameRecord) : undefined;
  }

  function end(command: Running, signal: NodeJS.Signals): Promise<Outcome> {
    command.child.kill(signal);
    return command.ended;
  }

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`keeps a name for longer than its lease, and gives it back on ${signal}`, async () => {
      const name = `foreign.${signal.toLowerCase()}`;
      const command = await keep(name, address, '--meta', 'site=lab', '--meta', 'note=a=b', '--ttl', '1s');
      const first = await lookup(name);
      expect(first?.endpoints[0]).to.include({ address });
      expect(first?.metadata).to.deep.equal({ site: 'lab', note: 'a=b' });
      const later = performance.now() + 2500;
      await eventually(async () => {
        expect((await lookup(name))?.endpoints).to.deep.equal(first?.endpoints);
        expect(performance.now()).to.be.above(later);
      }, 20_000);
      expect(await end(command, signal)).to.have.property('status', 0);
      expect(await lookup(name)).to.be.undefined;
    });
  }

  it('has the name back at once after it was killed', async () => {
    const first = await keep('killed', address, '--ttl', '1h');
    await end(first, 'SIGKILL');
    await keep('killed', address, '--ttl', '1h');
    expect((await lookup('killed'))?.endpoints).to.have.length(1);
  });

  it('shares a name with others', async () => {
    await keep('shared', address, '--shared');
    await keep('shared', '127.0.0.1:7998', '--shared');
    const record = await lookup('shared');
    expect(record?.shared).to.be.true;
    expect(record?.endpoints.map((each) => each.address)).to.have.members([address, '127.0.0.1:7998']);
  });

  it('ends with an error when the name is taken from it, and does not take it back', async () => {
    const first = await keep('taken', address, '--ttl', '1s');
    await keep('taken', '127.0.0.1:7998', '--replace');
    const { status, stderr } = await first.ended;
    expect(status).to.equal(5);
    expect(stderr).to.match(/^error: ABORTED NAME_LOST: the name "taken" was taken away/m);
    expect((await lookup('taken'))?.endpoints[0]?.address).to.equal('127.0.0.1:7998');
  });

  it('comes back by itself after the name server was away', async () => {
    await keep('patient', address, '--ttl', '1s');
    await nameServer.end('SIGKILL');
    nameServer = await NameServerProcess.start(directory.path, nameServer.address);
    await eventually(async () => {
      expect((await lookup('patient'))?.endpoints[0]?.address).to.equal(address);
    }, 20_000);
  });

  for (const [words, status, reason] of [
    [['held', '127.0.0.1:7997'], 4, 'NAME_TAKEN'],
    [['a b', address], 2, 'ARGUMENT_INVALID'],
    [['x', 'nowhere'], 2, 'ADDRESS_INVALID'],
    [['x', address, '--ttl', '10ms'], 2, 'TTL_OUT_OF_RANGE'],
    [['x', address, '--ttl', 'soon'], 2, 'ARGUMENT_INVALID'],
    [['x', address, '--meta', 'novalue'], 2, 'ARGUMENT_INVALID'],
    [['x', address, '--name-server', '127.0.0.1:1'], 8, 'NAMESERVER_UNAVAILABLE'],
  ] as const) {
    it(`ends at once with ${reason} for ${words.join(' ')}`, async () => {
      await keep('held', address);
      const outcome = await run('nameserver', ['register', ...words], environment());
      expect(outcome.stderr).to.match(new RegExp(`^error: [A-Z_]+ ${reason}: `, 'm'));
      expect(outcome.status).to.equal(status);
    });
  }
});
