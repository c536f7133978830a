import { setMaxListeners } from 'node:events';

import { median } from '../statistics.js';
import { callerOf, ttlMs } from './registry.js';

/** How many clients watch, each on a connection of its own. */
export const watchers = 1_000;

const events = 12;
const warmUps = 2;

/** Measures how long after the start of a registration the first and the last of many watchers see it, in milliseconds. */
export async function benchWatchers(
  address: string,
): Promise<{ readonly firstMs: number; readonly lastMs: number }> {
  const clients: AsyncDisposable[] = [];
  const stop = new AbortController();
  setMaxListeners(0, stop.signal); // every watch listens to it
  const registering = callerOf(address);
  clients.push(registering);
  const { names } = registering;
  try {
    const watches: AsyncIterator<unknown>[] = [];
    const { revision } = await names.info();
    for (let index = 0; index < watchers; index += 1) {
      const watcher = callerOf(address);
      clients.push(watcher);
      const watch = watcher.names
        .with({ timeoutMs: 'none', signal: stop.signal })
        .watch({ prefix: 'watched.', fromRevision: revision });
      watches.push(watch[Symbol.asyncIterator]());
    }
    const first: number[] = [];
    const last: number[] = [];
    for (let index = 0; index < warmUps + events; index += 1) {
      const told: number[] = [];
      const startedMs = performance.now();
      const tellAll = watches.map(async (watch) => {
        await watch.next();
        told.push(performance.now() - startedMs);
      });
      const id = `watched.n${String(index)}`;
      await names.register(id, '127.0.0.1:7441', [{ name: id }], { ttlMs });
      await Promise.all(tellAll);
      if (index >= warmUps) {
        first.push(Math.min(...told));
        last.push(Math.max(...told));
      }
    }
    return { firstMs: median(first), lastMs: median(last) };
  } finally {
    stop.abort();
    await Promise.all(clients.map((each) => each[Symbol.asyncDispose]()));
  }
}
