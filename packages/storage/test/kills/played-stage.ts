import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { makeProxy, silentLog } from '@patchbay/objects';
import type { Store } from '@patchbay/store';

import { removeUnfinishedBackups } from '../../src/backup/take-backup.js';
import { toolMissing } from '../../src/exec.js';
import type { Storage } from '../../src/index.js';
import type { StorageServices } from '../../src/object/storage-services.js';
import { daemonsInUse } from '../../src/provision/target-allocator.js';
import { startTgtHosts } from '../../src/targets/tgt/tgt-hosts.js';
import type { Machine } from '../fakes/machine.js';
import { interceptEffects, interceptStore } from './effects.js';
import { type Inventory, takeStock } from '../../src/testing/inventory.js';
import { copyAll } from '../../src/testing/take-stock-beside.js';
import { Life, lifeOfEffects } from './life.js';
import { openRealFiles } from './real-files.js';
import { prefix, type RealWorld } from './real-world.js';
import { siteOf } from './site.js';
import type { Server } from './stage.js';
import { WorldStage } from './world-stage.js';

/**
 * A stage on which the server's deaths are played within this process: at an effect everything of the server's stops
 * for good, with its files open and its programs running. Files, catalog, programs and tgtd are real.
 */
export class PlayedStage extends WorldStage {
  readonly #restoreEffects: () => void;
  #life: Life | undefined;
  #store: Store | undefined;
  #parts: StorageServices | undefined;

  private constructor(world: RealWorld, restoreEffects: () => void) {
    super(world);
    this.#restoreEffects = restoreEffects;
  }

  static async open(world: RealWorld): Promise<PlayedStage> {
    return new PlayedStage(world, await interceptEffects(lifeOfEffects, '/dev/null'));
  }

  async start(dieAt?: number): Promise<Server | 'died'> {
    await this.end();
    const life = new Life();
    this.#life = life;
    life.dieAt(dieAt);
    const machine = await Promise.race([life.death, life.run(() => this.#startIn(life))]);
    if (machine === 'died') {
      return 'died';
    }
    life.dieAt(undefined);
    const addRule = (node: string): Promise<void> => this.world.addRule(storage, node);
    const site = life.run(() => siteOf(machine, this.world.sources, addRule));
    // Whatever the object is asked for belongs to its life.
    const storage = makeProxy<Storage>('RemoteObject storage', (method, args) =>
      life.run((): unknown => {
        const call = Reflect.get(site.storage, method) as (...given: unknown[]) => unknown;
        return call(...args);
      }),
    );
    return {
      ...site,
      storage,
      boot: (node) => life.run(() => site.boot(node)),
      death: life.death,
      dieAt: (nth) => {
        life.dieAt(nth);
        return Promise.resolve();
      },
      orphansEnd: () => life.orphansEnd(),
    };
  }

  async #startIn(life: Life): Promise<Machine> {
    const { places, portal, targetsPerDaemon, backups } = this.world;
    const { machine } = await openRealFiles(places, {
      wrap: (store) => {
        this.#store = store;
        interceptStore(store, lifeOfEffects);
        return store;
      },
      targets: async (catalog) =>
        startTgtHosts({
          stateDir: places.state,
          portal,
          daemons: await daemonsInUse(catalog),
          targetsPerDaemon,
          exec: (file) => Promise.reject(toolMissing(file)), // it only asks for tgt's version
          clock: life.clock,
          log: silentLog,
          onStop: 'keep',
          owns: (iqn) => iqn.startsWith(prefix),
        }),
      clock: life.clock,
    });
    this.#parts = machine.parts;
    await machine.served;
    await removeUnfinishedBackups(backups);
    await machine.reconciler.run(true);
    await machine.runSchedules();
    return machine;
  }

  async end(): Promise<void> {
    const [life, store] = [this.#life, this.#store];
    this.#life = this.#store = this.#parts = undefined;
    life?.die();
    if (store !== undefined) {
      // To close the catalog writes into it, and it is locked until then: the next life has a copy of how it is now.
      const { state } = this.world.places;
      const [catalog, copy] = [join(state, 'catalog'), join(state, 'catalog.copy')];
      await copyAll(catalog, copy);
      await store[Symbol.asyncDispose]();
      await rm(catalog, { recursive: true });
      await rename(copy, catalog);
    }
    await life?.[Symbol.asyncDispose]();
  }

  async takeStock(): Promise<Inventory> {
    if (this.#parts === undefined) {
      throw new Error('stock is taken while a server lives');
    }
    return takeStock(this.world, this.#parts);
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    try {
      await super[Symbol.asyncDispose]();
    } finally {
      this.#restoreEffects();
    }
  }
}
