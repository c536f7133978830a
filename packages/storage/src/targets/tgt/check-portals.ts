import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { parseTcpAddress, systemErrorText, type TcpAddress } from '@patchbay/objects';
import { bindFailure } from '@patchbay/objects/define';

import { portalUnavailable } from './portal.js';
import { findTgtd, isSomeEnding, listeningPorts } from './tgtd-process.js';

/** How long a killed daemon may take to end, in milliseconds. */
const endingMs = 2_000;
const pollMs = 20;

/**
 * Checks that portals can be listened on, and changes nothing: each is bound and released. What our own daemons listen on
 * is free for them. Only root can tell which those are; for anybody else an address counts that this host does not have.
 * @param stateDir the state directory of the daemons; it need not exist
 * @throws RpcError `PORTAL_UNAVAILABLE`
 */
export async function checkPortals(stateDir: string, portals: readonly string[]): Promise<void> {
  for (const portal of portals) {
    const address = parseTcpAddress(portal);
    const failure = await lastingFailure(address);
    if (failure === undefined || (process.getuid?.() !== 0 && failure.code !== 'EADDRNOTAVAIL')) {
      continue;
    }
    if (failure.code !== 'EADDRINUSE' || !(await isOurs(stateDir, address.port))) {
      throw portalUnavailable(portal, systemErrorText(failure), failure);
    }
  }
}

/** Tries to bind an address; waits meanwhile for daemons that were killed and have not let go of it yet. */
async function lastingFailure(address: TcpAddress): Promise<NodeJS.ErrnoException | undefined> {
  const bind = (): ReturnType<typeof bindFailure> => bindFailure(address, { ipv6Only: true });
  const giveUpAt = performance.now() + endingMs;
  let failure = await bind();
  for (let mayEnd = true; mayEnd && failure?.code === 'EADDRINUSE' && performance.now() < giveUpAt;) {
    mayEnd = await isSomeEnding();
    if (mayEnd) {
      await delay(pollMs);
    }
    failure = await bind(); // once more after the last has ended
  }
  return failure;
}

async function isOurs(stateDir: string, port: number): Promise<boolean> {
  const names = await readdir(stateDir).catch(() => []);
  for (const name of names.filter((each) => /^tgt(?:-\d+)?$/.test(each))) {
    const daemon = await findTgtd(join(stateDir, name, 'control'));
    if (daemon !== undefined && (await listeningPorts(daemon.pid)).has(port)) {
      return true;
    }
  }
  return false;
}
