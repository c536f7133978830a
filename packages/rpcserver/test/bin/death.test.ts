import { expect } from 'chai';

import { TestNameServer } from '@patchbay/nameserver/testing';
import type { NameEvent } from '@patchbay/objects';
import { eventually, Scratch } from '@patchbay/objects/testing';

import { namesIn, ServerProcess } from './server-process.js';

const leaseMs = 1_000;

/** Collects the name server's events until the signal aborts. */
async function collect(nameServer: TestNameServer, events: NameEvent[], signal: AbortSignal): Promise<void> {
  for await (const event of nameServer.watch(signal)) {
    if (!event.record.name.startsWith('calls.')) {
      events.push(event);
    }
  }
}

describe('An rpcserver that dies', () => {
  for (const signal of ['SIGKILL', 'SIGSTOP'] as const) {
    it(`loses its names when its lease expires after ${signal}, which watchers see`, async () => {
      await using nameServer = await TestNameServer.start();
      await using scratch = await Scratch.make();
      const events: NameEvent[] = [];
      const stop = new AbortController();
      const watching = collect(nameServer, events, stop.signal);
      await using server = await ServerProcess.serving(scratch, {
        nameServer: nameServer.address,
        lease: leaseMs,
      });
      await eventually(() => events.length === 1);
      server.kill(signal);
      const diedAt = performance.now();
      expect(await namesIn(nameServer)).to.deep.equal(['workshop']);
      await eventually(() => events.length === 2);
      expect(performance.now() - diedAt).to.be.within(leaseMs / 2, leaseMs * 5);
      expect(events.map(({ type, record }) => [type, record.name])).to.deep.equal([
        ['registered', 'workshop'],
        ['removed', 'workshop'],
      ]);
      expect(await namesIn(nameServer)).to.deep.equal([]);
      stop.abort();
      await watching;
    });
  }

  it('registers again by itself when it resumes after its lease expired', async () => {
    await using nameServer = await TestNameServer.start();
    await using scratch = await Scratch.make();
    await using server = await ServerProcess.serving(scratch, {
      nameServer: nameServer.address,
      lease: leaseMs,
    });
    await eventually(async () => (await namesIn(nameServer)).length === 1);
    server.kill('SIGSTOP');
    await eventually(async () => (await namesIn(nameServer)).length === 0);
    server.kill('SIGCONT');
    await eventually(async () => (await namesIn(nameServer)).length === 1);
  });

  it('gets its names back at once when it is restarted at another address', async () => {
    await using nameServer = await TestNameServer.start();
    await using scratch = await Scratch.make();
    const keys = { nameServer: nameServer.address, lease: '1h' };
    await using first = await ServerProcess.serving(scratch, keys);
    await eventually(async () => (await nameServer.addressOf('workshop')) === first.address);
    first.kill('SIGKILL');
    await first.end();
    await using second = await ServerProcess.serving(scratch, keys);
    await eventually(async () => (await nameServer.addressOf('workshop')) === second.address, 3_000);
    expect(second.address).to.not.equal(first.address);
  });

  it('cannot take a name from another server, reports its owner, and takes it when that is gone', async () => {
    await using nameServer = await TestNameServer.start();
    await using firstScratch = await Scratch.make();
    await using secondScratch = await Scratch.make();
    const keys = { nameServer: nameServer.address, lease: leaseMs };
    await using first = await ServerProcess.serving(firstScratch, keys);
    await eventually(async () => (await nameServer.addressOf('workshop')) === first.address);
    await using second = await ServerProcess.serving(secondScratch, keys);
    await second.logged('the name server refuses the names; retrying until it accepts them');
    const refused = second.log.find(({ level, error }) => level === 'warn' && error !== undefined);
    expect(JSON.stringify(refused?.error)).to.include(`at ${first.address}`);
    first.kill('SIGKILL');
    await eventually(async () => (await nameServer.addressOf('workshop')) === second.address, 15_000);
  });
}).timeout(60_000);
