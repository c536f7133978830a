import { cp, rm, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { parseTcpAddress } from '@patchbay/objects';
import { eventually } from '@patchbay/objects/testing';

import { output } from '../../system/command.js';
import type { Victim } from '../../system/killing.js';
import type { Accident } from './plan.js';
import type { Scene } from './scene.js';
import { changeFile, changeTarget } from './tampering.js';

/** How long a filesystem is full at most, in milliseconds. */
const fullMs = 5_000;

/**
 * Lets an accident happen. What lasts is undone by `heal`.
 *
 * @param answered fulfils when all requests have been answered
 */
export async function happen(scene: Scene, accident: Accident, answered: Promise<unknown>): Promise<void> {
  switch (accident.kind) {
    case 'kill':
      await Promise.all(accident.victims.map((victim) => kill(scene, victim)));
      await (accident.again === undefined ? undefined : killAgain(scene, accident.again));
      return;
    case 'stop':
      await stop(scene, accident.victim, accident.ms);
      return;
    case 'target':
      await changeTarget(scene, accident.change, accident.nth);
      return;
    case 'file':
      await changeFile(scene, accident.change, accident.nth);
      return;
    case 'clock':
      await jump(scene, accident.jumps);
      return;
    case 'full':
      // It has been since before the requests; some may wait for a daemon that was killed besides.
      await Promise.race([answered, delay(fullMs, undefined, { ref: false })]);
      return;
    case 'away':
      await hidePool(scene, accident.ms);
      return;
    case 'portal taken':
      await takePortal(scene, accident.ms);
      return;
    case 'amnesia':
      await scene.patchbay.nameServerDaemon.kill();
      await rm(scene.patchbay.at('names'), { recursive: true });
      return;
    case 'frozen':
      await freeze(scene, accident.ms);
      return;
    case 'old catalog':
      await putBack(scene, accident.lost);
  }
}

/** Prepares for an accident before anything is requested. */
export async function prepare(scene: Scene, accident: Accident): Promise<void> {
  const { patchbay, stateDir, ledger } = scene;
  if (accident.kind === 'full') {
    if (accident.what === 'pool') {
      ledger.letTrashGo();
    }
    await fill(scene, accident.what === 'pool' ? scene.mount.path : patchbay.at('state'));
  } else if (accident.kind === 'old catalog') {
    // Ended in order, it leaves all that it has written in one file.
    await patchbay.rpcServerDaemon.terminate();
    await cp(join(stateDir, 'catalog'), patchbay.at('catalog'), { recursive: true });
    await patchbay.startRpcServer();
  }
}

async function kill({ patchbay }: Scene, victim: Victim): Promise<void> {
  if (victim === 'tgtd') {
    await patchbay.tgtd.kill();
  } else {
    await (victim === 'nameserver' ? patchbay.nameServerDaemon : patchbay.rpcServerDaemon).kill();
  }
}

/** Starts the server and kills it so many milliseconds later, ready or not. */
async function killAgain({ patchbay }: Scene, afterMs: number): Promise<void> {
  const before = patchbay.rpcServerDaemon;
  const starting = patchbay.startRpcServer().catch(() => undefined); // it is killed before it is ready
  await eventually(() => patchbay.rpcServerDaemon !== before);
  await delay(afterMs);
  await patchbay.rpcServerDaemon.kill();
  await starting;
}

async function stop({ patchbay }: Scene, victim: Victim, ms: number): Promise<void> {
  const pids =
    victim === 'tgtd'
      ? await patchbay.tgtd.pids()
      : [(victim === 'nameserver' ? patchbay.nameServerDaemon : patchbay.rpcServerDaemon).pid];
  const signal = (name: NodeJS.Signals): void => {
    for (const pid of pids) {
      try {
        process.kill(pid, name);
      } catch {
        // It has been replaced meanwhile.
      }
    }
  };
  signal('SIGSTOP');
  await delay(ms);
  signal('SIGCONT');
}

async function jump(scene: Scene, jumps: readonly string[]): Promise<void> {
  scene.undoing(() => scene.setClock('+0'));
  for (const offset of jumps) {
    await scene.setClock(offset);
    await delay(1_200); // until the daemons have seen it
  }
}

/** Fills a filesystem but for a few blocks. */
async function fill(scene: Scene, path: string): Promise<void> {
  const ballast = join(path, 'ballast');
  scene.undoing(() => rm(ballast, { force: true }));
  const { bavail, bsize } = await statfs(path);
  await output(['fallocate', '-l', String((bavail - 40) * bsize), ballast]);
}

/** Mounts an empty filesystem over the pool for a time, as if its own had not been mounted. */
async function hidePool(scene: Scene, ms: number): Promise<void> {
  const { pool } = scene.patchbay;
  await output(['mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', pool]);
  // Somebody may be looking into it at that moment.
  scene.undoing(() =>
    eventually(async () => {
      await output(['umount', pool]);
    }),
  );
  await delay(ms);
}

/** Kills tgtd, and has somebody else listen at its portal for a time. */
async function takePortal(scene: Scene, ms: number): Promise<void> {
  const { host, port } = parseTcpAddress(scene.patchbay.portal);
  await scene.patchbay.tgtd.kill();
  const squatter = createServer((socket) => socket.destroy());
  const listening = new Promise<boolean>((resolve) => {
    squatter.listen(port, host, () => {
      resolve(true);
    });
    squatter.on('error', () => {
      resolve(false); // the next tgtd was quicker
    });
  });
  if (await listening) {
    await delay(ms);
    await new Promise((resolve) => squatter.close(resolve));
  }
}

/** Freezes the filesystem of the pool for a time: whoever writes to it waits, and cannot be killed. */
async function freeze(scene: Scene, ms: number): Promise<void> {
  const { path } = scene.mount;
  let frozen = true;
  const thaw = async (): Promise<void> => {
    if (frozen) {
      frozen = false;
      await output(['fsfreeze', '--unfreeze', path]);
    }
  };
  await output(['fsfreeze', '--freeze', path]);
  scene.undoing(thaw);
  await delay(ms);
  await thaw();
}

/** Kills the server and lets its catalog be what it was before the requests. */
async function putBack(scene: Scene, lost: 'changes' | 'log'): Promise<void> {
  const { patchbay, stateDir } = scene;
  const catalog = join(stateDir, 'catalog');
  const copy = patchbay.at('catalog');
  scene.undoing(() => rm(copy, { recursive: true, force: true }));
  await patchbay.rpcServerDaemon.kill();
  if (lost === 'log') {
    await rm(join(catalog, 'store.sqlite-wal'), { force: true });
    await rm(join(catalog, 'store.sqlite-shm'), { force: true });
  } else {
    await rm(catalog, { recursive: true });
    await cp(copy, catalog, { recursive: true });
  }
}
