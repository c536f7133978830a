import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, statfs, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Proxy, systemClock } from '@patchbay/objects';
import { eventually } from '@patchbay/objects/testing';

import { Catalog } from '../../src/catalog/catalog.js';
import { openCatalogStore } from '../../src/catalog/open-catalog.js';
import { execTool } from '../../src/exec.js';
import { findTgtd, isRunning, kill } from '../../src/targets/tgt/tgtd-process.js';
import type { Storage } from '../../src/index.js';
import { type LoopMount, mountXfs } from '../../src/testing/loop-filesystem.js';
import { controlsIn, type RunningTgtd, runningTgtds } from '../../src/testing/running-tgtds.js';
import { copyAll } from '../../src/testing/take-stock-beside.js';
import { serveWeb, type WebServer } from '../disks/import/web-server.js';
import { freePorts } from '../targets/scene.js';
import type { Due, Sources } from './operations/operation.js';
import type { Places } from './real-files.js';

/** What the name of each target begins with. */
export const prefix = 'iqn.2026-11.local.patchbay:disk.';

const imageBytes = 2 ** 20;
/** XFS refuses less than 300 MiB. */
const sizeBytes = 320 * 2 ** 20;
/** How many tgtds there can be. */
const daemonsAtMost = 2;

/** How a world is made. */
export interface WorldOptions {
  readonly reflinks: boolean;
  readonly targetsPerDaemon?: number;
}

/**
 * What outlives the death of the server's process, all of it real: the catalog's file, the pool's files on an XFS (or
 * without reflinks, on whatever is there), backups, and tgtd with its targets. And what images are imported from.
 */
export class RealWorld implements AsyncDisposable {
  /** Where the world's own things are. */
  readonly directory: string;
  readonly places: Places;
  readonly sources: Sources;
  /** The port of the first tgtd; those after it are free for the others, and one more. */
  readonly port: number;
  readonly targetsPerDaemon: number;
  readonly #mount: LoopMount | undefined;
  readonly #web: WebServer;

  private constructor(
    directory: string,
    port: number,
    targetsPerDaemon: number,
    mount: LoopMount | undefined,
    web: WebServer,
  ) {
    this.directory = directory;
    this.places = placesIn(directory, mount);
    this.sources = {
      raw: `server:${rawIn(directory)}`,
      qcow2: `server:${qcow2In(directory)}`,
      web: `${web.url}/debian.raw`,
    };
    this.port = port;
    this.targetsPerDaemon = targetsPerDaemon;
    this.#mount = mount;
    this.#web = web;
  }

  static async open({ reflinks, targetsPerDaemon = 250 }: WorldOptions): Promise<RealWorld> {
    const place = await quickDirectory();
    const mount = reflinks ? await mountXfs({ sizeBytes, directory: place }) : undefined;
    const directory = await mkdtemp(join(place, 'patchbay-world-'));
    const raw = rawIn(directory);
    const content = randomBytes(imageBytes / 2);
    content.writeUInt16BE(0x55aa, 510);
    await writeFile(raw, content);
    await truncate(raw, imageBytes);
    await execTool('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, qcow2In(directory)]);
    const web = await serveWeb((_request, response) => {
      void readFile(raw).then((bytes) => response.end(bytes));
    });
    return new RealWorld(directory, await freePorts(daemonsAtMost + 1), targetsPerDaemon, mount, web);
  }

  /** Where initiators connect to the first tgtd. */
  get portal(): string {
    return `127.0.0.1:${String(this.port)}`;
  }

  /** Where nodes boot from. */
  get bootAddress(): string {
    return `127.0.0.1:${String(this.port + daemonsAtMost)}`;
  }

  /** Returns the tgtds that run. */
  tgtds(): Promise<readonly RunningTgtd[]> {
    return runningTgtds(this.places.state, daemonsAtMost);
  }

  /** Adds a rule to the target of a node by hand. */
  async addRule(storage: Proxy<Storage>, node: string): Promise<void> {
    const { target } = await storage.show_node(node);
    for (const { tgtadm } of await this.tgtds()) {
      const found = (await tgtadm.targets()).find(({ iqn }) => iqn === target?.iqn);
      await (found && tgtadm.allowInitiator(found.tid, `${prefix}of-nobody`));
    }
  }

  get backups(): string {
    return join(this.places.state, 'backups');
  }

  /** Lets time pass, between two lives. */
  async pass({ change }: Due): Promise<void> {
    await using store = await openCatalogStore(this.places.state, systemClock);
    await change(new Catalog(store));
  }

  /** Keeps the catalog and the files as they are, between two lives; by a name. */
  async save(name: string): Promise<void> {
    for (const [place, saved] of this.#places(name)) {
      await rm(saved, { recursive: true, force: true });
      await copyAll(place, saved);
    }
  }

  /** Makes the catalog and the files be as they were saved; the targets go, for the next life to make them again. */
  async restore(name: string): Promise<void> {
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
    for (const control of controlsIn(this.places.state, daemonsAtMost)) {
      const found = await findTgtd(control);
      if (found !== undefined) {
        await kill(found);
        await eventually(async () => !(await isRunning(found)));
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#web[Symbol.asyncDispose]();
    await this.killTgtds();
    await this.#mount?.[Symbol.asyncDispose]();
    await rm(this.directory, { recursive: true, force: true });
  }

  #places(name: string): readonly (readonly [place: string, saved: string])[] {
    const { state, pool } = this.places;
    return [
      [join(state, 'catalog'), join(this.directory, `${name}.catalog`)],
      [this.backups, join(this.directory, `${name}.backups`)],
      [pool, `${pool}.${name}`],
    ];
  }
}

function placesIn(directory: string, mount: LoopMount | undefined): Places {
  return {
    state: join(directory, 'server', 'objects', 'storage'),
    pool: join(mount?.path ?? directory, 'pool'),
    sources: directory,
  };
}

function rawIn(directory: string): string {
  return join(directory, 'debian.raw');
}

function qcow2In(directory: string): string {
  return join(directory, 'debian.qcow2');
}

/**
 * Returns a directory in memory, if the machine has one of some size: what outlives a process is there too, and
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
