import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { isRpcError, type NameServerMethods, nameServerObject } from '@patchbay/objects';
import { eventually } from '@patchbay/objects/testing';
import { connect } from '@patchbay/rpcclient';
import { expect } from 'chai';

import { NameServerProcess } from '../commands/name-server-process.js';
import { scratchDirectory, start } from '../commands/programs.js';

const ttlMs = 1000;
const stoppedMs = Number(process.env.STOPPED_MS ?? 2500);

describe('a name server that is stopped for longer than a lease', function () {
  this.timeout(60_000 + stoppedMs);

  it('gives no name of a living server to a rival when it continues', async () => {
    await using directory = await scratchDirectory();
    await using nameServer = await NameServerProcess.start(join(directory.path, 'names'));
    const words = ['register', 'owned', '127.0.0.1:7443', '--ttl', `${String(ttlMs)}ms`];
    const owner = start('nameserver', words, { PATCHBAY_NAMESERVER: nameServer.address });
    try {
      await eventually(() => {
        expect(owner.said.stderr).to.include('registered the names');
      }, 20_000);
      await using client = connect({ nameServer: nameServer.address, insecure: true });
      const names = client.proxy<NameServerMethods>(nameServerObject);
      const attempt = async (): Promise<string> =>
        names.register('rival', '127.0.0.1:7444', [{ name: 'owned' }]).then(
          () => 'registered',
          (error: unknown) => (isRpcError(error) ? error.reason : String(error)),
        );
      expect(await attempt()).to.equal('NAME_TAKEN');

      nameServer.signal('SIGSTOP');
      const waiting = Array.from({ length: 8 }, attempt); // in its sockets, when it continues
      await sleep(stoppedMs); // nothing to wait for: the time itself is what is tried
      nameServer.signal('SIGCONT');

      const outcomes = new Set(await Promise.all(waiting));
      for (const endMs = performance.now() + 2 * ttlMs; performance.now() < endMs;) {
        outcomes.add(await attempt());
        await sleep(20);
      }
      expect([...outcomes]).to.deep.equal(['NAME_TAKEN']);
      expect(owner.said.stderr).not.to.include('NAME_LOST');
    } finally {
      owner.child.kill('SIGKILL');
    }
  });
});
