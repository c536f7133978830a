import { expect } from 'chai';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { connectTo } from '@patchbay/grpc/client';
import { eventually } from '@patchbay/objects/testing';

import type { CrowdedService, Held } from './crowded-service.js';

// `npm run soak clients` sets both.
const { PATCHBAY_SOAK: soak, PATCHBAY_SEED: seed = '1' } = process.env;
const [calls, clients, clientsPerProcess] = soak === undefined ? [5_000, 25, 25] : [1_000_000, 1_000, 50];
const inFlight = 64;
const MiB = 2 ** 20;

const programAt = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

describe(`${calls.toLocaleString('en')} calls while ${clients.toLocaleString('en')} clients connect, fail and leave`, function () {
  this.timeout(soak === undefined ? 60_000 : 3_600_000);
  let server: ChildProcess;
  let address = '';

  before(async () => {
    server = fork(programAt('crowded-server.js'));
    [address] = (await once(server, 'message')) as [string];
  });

  after(async () => {
    const exited = once(server, 'exit');
    server.kill('SIGKILL');
    await exited;
  });

  async function measure(): Promise<Held> {
    const answer = once(server, 'message');
    server.send('measure');
    const [held] = (await answer) as [Held];
    return held;
  }

  /** Lets clients leave, some of them with their process, and expects no process to end otherwise. */
  async function letLeave(count: number, firstSeed: number): Promise<void> {
    for (let done = 0; done < count; done += clientsPerProcess) {
      const words = [address, String(firstSeed + done), String(clientsPerProcess)];
      const [status, signal] = (await once(
        fork(programAt('leaving-clients.js'), words),
        'exit',
      )) as unknown[];
      expect([status, signal], `clients of seed ${String(firstSeed + done)}`).to.deep.equal([
        null,
        'SIGKILL',
      ]);
    }
  }

  it('all succeed, end no process, and leave nothing behind', async () => {
    await using client = connectTo(address);
    const service = client.proxy<CrowdedService>('service');
    let made = 0;
    const callUntil = async (last: number): Promise<void> => {
      while (made < last) {
        const text = String(made++);
        expect(await service.echo(text)).to.equal(text);
      }
    };
    // What is compiled and pooled once is no leak.
    await callUntil(calls / 10);
    await letLeave(clientsPerProcess, Number(seed));
    await eventually(async () => (await measure()).running === 0, 30_000);
    const before = await measure();

    const callers = Array.from({ length: inFlight }, () => callUntil(calls));
    await Promise.all([...callers, letLeave(clients, Number(seed) + clientsPerProcess)]);

    await eventually(async () => {
      const { handles, bufferedBytes, running, heapBytes, rssBytes } = await measure();
      expect({ bufferedBytes, running }).to.deep.equal({ bufferedBytes: 0, running: 0 });
      expect(handles.TCPSocketWrap).to.equal(1); // that of the client that stays
      expect(sumOf(handles)).to.be.at.most(sumOf(before.handles));
      expect(heapBytes).to.be.below(before.heapBytes * 1.1 + MiB);
      expect(rssBytes).to.be.below(before.rssBytes * 1.1 + 32 * MiB);
    }, 60_000);
    const after = await measure();
    const shown = ({ rssBytes, heapBytes }: Held): string =>
      `${String(Math.round(rssBytes / MiB))} MiB resident, ${String(Math.round(heapBytes / MiB))} MiB in use`;
    process.stdout.write(soak === undefined ? '' : `before: ${shown(before)}; after: ${shown(after)}\n`);
    expect(made).to.equal(calls);
    expect(server.exitCode).to.equal(null);
  });
});

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
