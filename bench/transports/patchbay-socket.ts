import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

import { connectTo } from '@patchbay/grpc/client';

import type { Transport } from '../transport.js';
import { echoOf, serveEcho } from './patchbay.js';

/** The transport `patchbay` over a socket file, whose directory has the server's process id in its name, not a port. */
export const patchbayBySocket: Transport = {
  serve: async () => {
    await serveEcho(undefined, undefined, undefined, `unix:${directoryOf(process.pid)}/socket`);
    return process.pid;
  },
  connect: async (pid) => {
    const echo = echoOf(connectTo(`unix:${directoryOf(pid)}/socket`));
    await echo('');
    rmSync(directoryOf(pid), { recursive: true }); // the server is killed, and the session is open
    return echo;
  },
};

function directoryOf(pid: number): string {
  return join(tmpdir(), `patchbay-bench-${String(pid)}`);
}
