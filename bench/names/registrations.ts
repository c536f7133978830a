import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { systemClock } from '@patchbay/objects';
import { openSqliteStore } from '@patchbay/store';

import { batch, type Names, registerBatch, ttlMs } from './registry.js';

/** How the row of the store's own commits is called. */
export const bareCommits = 'bare commits of the store, as many in flight';

/** How many registrations of one name each are in flight at once, and how many are made. */
const singles = [
  { inFlight: 1, count: 300 },
  { inFlight: 64, count: 4_000 },
  { inFlight: 256, count: 8_000 },
];

const batches = 10;

/** Measures registrations, every one of them durable when it is answered; gives how many a second, by their kind. */
export async function benchRegistrations(names: Names): Promise<ReadonlyMap<string, number>> {
  const figures = new Map<string, number>();
  await warmUp(names);
  for (const { inFlight, count } of singles) {
    const kind = inFlight === 1 ? 'one after the other' : `${String(inFlight)} calls in flight`;
    const startedMs = performance.now();
    await registerSingles(names, `single${String(inFlight)}`, inFlight, count);
    figures.set(kind, (count / (performance.now() - startedMs)) * 1000);
  }
  const startedMs = performance.now();
  for (let index = 0; index < batches; index += 1) {
    const id = `batch${String(index)}`;
    const claims = Array.from({ length: batch }, (_, each) => ({ name: `${id}.n${String(each)}` }));
    await registerBatch(names, id, claims);
  }
  figures.set(`${String(batch)} names at once`, ((batches * batch) / (performance.now() - startedMs)) * 1000);
  figures.set(bareCommits, await commitsPerSecond(256, 20_000));
  return figures;
}

/** Registers names and gives them up again, so that code is optimized, and there are as many names as before. */
async function warmUp(names: Names): Promise<void> {
  const leases = await registerSingles(names, 'warm', 256, 12_000);
  for (let from = 0; from < leases.length; from += 256) {
    await Promise.all(leases.slice(from, from + 256).map((lease) => names.unregister(lease)));
  }
}

/** Registers names, each for a server of its own, so many at once; returns their leases. */
async function registerSingles(
  names: Names,
  prefix: string,
  inFlight: number,
  count: number,
): Promise<readonly string[]> {
  const leases: string[] = [];
  let next = 0;
  const register = async (): Promise<void> => {
    while (next < count) {
      const id = `${prefix}.n${String(next++)}`;
      const { leaseId } = await names.register(id, '127.0.0.1:7441', [{ name: id }], { ttlMs });
      leases.push(leaseId);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, register));
  return leases;
}

/** Measures commits of the store that the registry is in, without a registry, a server or a client. */
async function commitsPerSecond(inFlight: number, count: number): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'patchbay-bench-store-'));
  try {
    await using store = await openSqliteStore({ directory, clock: systemClock });
    const value = 'x'.repeat(120); // as long as a name's
    let next = 0;
    const commit = async (): Promise<void> => {
      while (next < count) {
        await store.commit([], [{ put: `name/n${String(next++)}`, value }]);
      }
    };
    const startedMs = performance.now();
    await Promise.all(Array.from({ length: inFlight }, commit));
    return (count / (performance.now() - startedMs)) * 1000;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
