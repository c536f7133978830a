// Preloaded into the process of a server, which it kills at one of its effects. Its parent says over IPC at which
// from then on, and is told when that is known; `PATCHBAY_DIE_AT` says it of the start.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { systemClock } from '@patchbay/objects';
import { openSqliteStore } from '@patchbay/store';

import { interceptEffects, interceptStore } from './effects.js';
import { KillSwitch } from './kill-switch.js';

const killSwitch = new KillSwitch();

/** Returns what every store has as its prototype, whoever opens it. */
async function prototypeOfStores(): Promise<Parameters<typeof interceptStore>[0]> {
  const directory = await mkdtemp(join(tmpdir(), 'patchbay-hook-'));
  try {
    await using store = await openSqliteStore({ directory, clock: systemClock });
    return Object.getPrototypeOf(store) as typeof store;
  } finally {
    await rm(directory, { recursive: true });
  }
}

interceptStore(await prototypeOfStores(), killSwitch);
await interceptEffects(killSwitch, '/dev/null');

process.on('message', ({ dieAt }: { readonly dieAt?: number }) => {
  killSwitch.killAt(dieAt);
  process.send?.('armed');
});
// To be told is no reason to stay.
process.channel?.unref();
const { PATCHBAY_DIE_AT: atStart } = process.env;
killSwitch.killAt(atStart === undefined ? undefined : Number(atStart));
