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
  for (const { inFlight, count } of singles) {
    const kind = inFlight === 1 ? 'one after the other' : `${String(inFlight)} calls in flight`;
    let next = 0;
    const register = async (): Promise<void> => {
      while (next < count) {
        const id = `single${String(inFlight)}.n${String(next++)}`;
        await names.register(id, '127.0.0.1:7441', [{ name: id }], { ttlMs });
      }
    };
    const startedMs = performance.now();
    await Promise.all(Array.from({ length: inFlight }, register));
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
