import { cp, mkdir, mkdtemp, rename, rm, statfs } from 'node:fs/promises';
import { constants } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { silentLog } from '@patchbay/core';
import { eventually } from '@patchbay/core/testing';
import { type Store } from '@patchbay/store';

import { removeUnfinishedBackups } from '../../src/backup/take-backup.js';
import { toolMissing } from '../../src/exec.js';
import { daemonsInUse } from '../../src/provision/target-allocator.js';
import { type ReconcileReport } from '../../src/reconcile/report.js';
import { ControlSocket } from '../../src/targets/tgt/control-socket.js';
import { startTgtHosts } from '../../src/targets/tgt/tgt-hosts.js';
import { Tgtadm } from '../../src/targets/tgt/tgtadm.js';
import { controlSocketPath, findTgtd, isRunning, kill } from '../../src/targets/tgt/tgtd-process.js';
import { type LoopMount, mountXfs } from '../../src/testing/loop-filesystem.js';
import { freePorts } from '../targets/scene.js';
import { interceptEffects, interceptStore } from './effects.js';
import { type Life, lifeOfEffects } from './life.js';
import { openRealFiles } from './real-files.js';
import { type Machine } from './world.js';

/** What the name of each target begins with. */
export const prefix = 'iqn.2026-11.local.patchbay:disk.';

/** XFS refuses less than 300 MiB. */
const sizeBytes = 320 * 2 ** 20;
/** How many tgtds there can be. */
const daemonsAtMost = 2;

/** How a world is made. */
export interface WorldOptions {
  readonly reflinks: boolean;
  readonly targetsPerDaemon?: number;
}

/** A tgtd that runs, spoken to past everything. */
export interface RunningTgtd {
  readonly daemon: number;
  readonly socket: ControlSocket;
  readonly tgtadm: Tgtadm;
}

/**
 * What outlives the death of the server's process, all of it real: the catalog's file, the pool's files on an XFS (or
 * without reflinks, on whatever is there), backups, and tgtd with its targets.
 */
export class RealWorld implements AsyncDisposable {
  /** Where the files to import are, and where the world's own things are. */
  readonly directory: string;
  readonly pool: string;
  readonly #mount: LoopMount | undefined;
  readonly #portal: string;
  readonly #targetsPerDaemon: number;
  readonly #restoreEffects: () => void;
  #life: Life | undefined;
  #store: Store | undefined;

  private constructor(
    directory: string,
    portal: string,
    targetsPerDaemon: number,
    mount: LoopMount | undefined,
    restoreEffects: () => void,
  ) {
    this.directory = directory;
    this.pool = join(mount?.path ?? directory, 'pool');
    this.#portal = portal;
    this.#targetsPerDaemon = targetsPerDaemon;
    this.#mount = mount;
    this.#restoreEffects = restoreEffects;
  }

  static async open({ reflinks, targetsPerDaemon = 250 }: WorldOptions): Promise<RealWorld> {
    const place = await quickDirectory();
    const mount = reflinks ? await mountXfs({ sizeBytes, directory: place }) : undefined;
    const directory = await mkdtemp(join(place, 'patchbay-world-'));
    const portal = `127.0.0.1:${String(await freePorts(daemonsAtMost))}`;
    const restoreEffects = await interceptEffects(lifeOfEffects, '/dev/null');
    return new RealWorld(directory, portal, targetsPerDaemon, mount, restoreEffects);
  }

  /** Gives the tgtds that run. */
  async tgtds(): Promise<readonly RunningTgtd[]> {
    const running: RunningTgtd[] = [];
    for (const [daemon, prefix] of this.#controls.entries()) {
      const socket = new ControlSocket(controlSocketPath(prefix));
      if (await socket.probe(10_000)) {
        running.push({ daemon, socket, tgtadm: new Tgtadm(socket) });
      }
    }
    return running;
  }

  get backups(): string {
    return join(this.directory, 'backups');
  }

  /** Lets a process come to life on what there is, after the death of the one before. */
  async start(life: Life): Promise<Machine> {
    await this.end();
    this.#life = life;
    return await life.run(async () => {
      const { machine } = await openRealFiles(this.directory, {
        wrap: (store) => {
          this.#store = store;
          return interceptStore(store, lifeOfEffects);
        },
        pool: this.pool,
        targets: async (catalog) =>
          startTgtHosts({
            stateDir: this.directory,
            portal: this.#portal,
            daemons: await daemonsInUse(catalog),
            targetsPerDaemon: this.#targetsPerDaemon,
            exec: (file) => Promise.reject(toolMissing(file)), // it only asks for tgt's version
            clock: life.clock,
            log: silentLog,
            onStop: 'keep',
            owns: (iqn) => iqn.startsWith(prefix),
          }),
        clock: life.clock,
        bootTokens: true,
        graceMs: 0,
      });
      await machine.served;
      return machine;
    });
  }

  /** Does what the start of the server does when everything is open; also what such a start left to do. */
  async reconcile(machine: Machine): Promise<ReconcileReport> {
    await removeUnfinishedBackups(this.backups);
    return await machine.reconciler.run(true);
  }

  /** Ends the life that there is, as a kill does: nothing is tidied up. */
  async end(): Promise<void> {
    const [life, store] = [this.#life, this.#store];
    this.#life = this.#store = undefined;
    life?.die();
    if (store !== undefined) {
      // To close the catalog writes into it, and it is locked until then: the next life has a copy of how it is now.
      const [catalog, copy] = [join(this.directory, 'catalog'), join(this.directory, 'catalog.copy')];
      await cp(catalog, copy, { recursive: true });
      await store[Symbol.asyncDispose]();
      await rm(catalog, { recursive: true });
      await rename(copy, catalog);
    }
    await life?.[Symbol.asyncDispose]();
  }

  /** Keeps the catalog and the files as they are, between two lives; by a name. */
  async save(name: string): Promise<void> {
    await this.end();
    for (const [place, saved] of this.#places(name)) {
      await rm(saved, { recursive: true, force: true });
      await copyAll(place, saved);
    }
  }

  /** Makes the catalog and the files be as they were saved; the targets go, for the next life to make them again. */
  async restore(name: string): Promise<void> {
    await this.end();
    await this.#removeTargets();
    for (const [place, saved] of this.#places(name)) {
      await rm(place, { recursive: true, force: true });
      await copyAll(saved, place);
    }
  }

  async #removeTargets(): Promise<void> {
    for (const { tgtadm } of await this.tgtds()) {
      for (const { tid } of await tgtadm.targets()) {
        await tgtadm.deleteTarget(tid);
      }
      for (const user of await tgtadm.accounts()) {
        await tgtadm.deleteAccount(user);
      }
    }
  }

  /** Kills every tgtd, as an accident would. */
  async killTgtds(): Promise<void> {
    for (const control of this.#controls) {
      const found = await findTgtd(control);
      if (found !== undefined) {
        await kill(found);
        await eventually(async () => !(await isRunning(found)));
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.end();
    } finally {
      this.#restoreEffects();
      await this.killTgtds();
      await this.#mount?.[Symbol.asyncDispose]();
      await rm(this.directory, { recursive: true, force: true });
    }
  }

  /** What the paths of the daemons' control sockets begin with. */
  get #controls(): readonly string[] {
    return ['tgt', 'tgt-1'].map((name) => join(this.directory, name, 'control'));
  }

  #places(name: string): readonly (readonly [place: string, saved: string])[] {
    const own = (place: string): readonly [string, string] => [
      join(this.directory, place),
      join(this.directory, `${name}.${place}`),
    ];
    return [own('catalog'), own('backups'), [this.pool, `${this.pool}.${name}`]];
  }
}

async function copyAll(from: string, to: string): Promise<void> {
  await mkdir(from, { recursive: true });
  await cp(from, to, { recursive: true, preserveTimestamps: true, mode: constants.COPYFILE_FICLONE });
}

/**
 * Gives a directory in memory, where the machine has one of some size: what outlives a process is there too, and
 * the many commits of these tests need not wait for a disk.
 */
async function quickDirectory(): Promise<string> {
  const memory = '/dev/shm';
  try {
    const { bavail, bsize } = await statfs(memory);
    return bavail * bsize > 2 * sizeBytes ? memory : tmpdir();
  } catch {
    return tmpdir();
  }
}
