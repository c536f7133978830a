import { expect } from 'chai';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { isRpcError, type MethodSignature } from '@patchbay/objects';
import { eventually } from '@patchbay/objects/testing';
import { connect } from '@patchbay/rpcclient';

import { NameServerProcess } from '../commands/name-server-process.js';
import { type Running, scratchDirectory, start } from '../commands/programs.js';
import { root } from '../repository.js';

const calls = 10_000;
const inFlight = 8;

interface Workshop {
  echo: MethodSignature<[text: string], string>;
}

describe('10,000 calls while the name server is killed and restarted', function () {
  this.timeout(120_000);

  it('all succeed, and the name is there again for those who look it up anew', async () => {
    await using directory = await scratchDirectory();
    const state = join(directory.path, 'names');
    let nameServer = await NameServerProcess.start(state);
    const { address } = nameServer;
    let server: Running | undefined;
    try {
      server = await startServer(directory.path, address);
      await using client = connect({ nameServer: address, insecure: true });
      const workshop = client.proxy<Workshop>('workshop');
      await eventually(() => workshop.echo('here'), 20_000);

      const failures: unknown[] = [];
      let made = 0;
      let answered = 0;
      const callOn = async (): Promise<void> => {
        while (made < calls) {
          const text = String(made++);
          try {
            expect(await workshop.echo(text)).to.equal(text);
          } catch (error) {
            failures.push(error);
          }
          answered += 1;
        }
      };
      const callers = Array.from({ length: inFlight }, callOn);

      await eventually(() => answered >= calls / 10, 60_000);
      await nameServer.end('SIGKILL');
      const whenKilled = answered;
      // Calls went on without a name server: this many at least.
      await eventually(() => answered >= Math.min(calls, whenKilled + calls / 10), 60_000);
      await using newcomer = connect({ nameServer: address, insecure: true });
      await newcomer
        .proxy<Workshop>('workshop')
        .echo('lost')
        .then(
          () => expect.fail('who has not resolved the name cannot call without a name server'),
          (error: unknown) => expect(isRpcError(error, 'NAMESERVER_UNAVAILABLE'), String(error)).to.be.true,
        );
      nameServer = await NameServerProcess.start(state, address);
      await Promise.all(callers);

      expect(failures).to.deep.equal([]);
      expect(answered).to.equal(calls);
      expect(whenKilled).to.be.below(calls);
      expect(await newcomer.proxy<Workshop>('workshop').echo('found')).to.equal('found');
    } finally {
      server?.child.kill('SIGTERM');
      await server?.ended;
      await nameServer[Symbol.asyncDispose]();
    }
  });
});

/** Starts an rpcserver with the object `workshop`, and does not wait for it. */
async function startServer(directory: string, nameServer: string): Promise<Running> {
  const configuration = {
    nameServer,
    listen: '127.0.0.1:0',
    insecure: true,
    stateDir: join(directory, 'server'),
    objects: [{ name: 'workshop', module: join(root, 'packages/rpcserver/dist/test/fixtures/workshop.js') }],
  };
  const file = join(directory, 'rpcserver.json');
  await writeFile(file, JSON.stringify(configuration));
  return start('rpcserver', ['start', '--config', file]);
}
