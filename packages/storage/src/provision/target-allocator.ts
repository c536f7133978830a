import type { Catalog, CatalogReader } from '../catalog/catalog.js';
import { nodes, targetOf, type TargetRecord, tidKey, tids } from '../catalog/tables.js';
import type { TargetHost } from '../targets/target-host.js';

/** Decides under which target id, and so by which daemon, a disk is exported. The catalog knows which are taken. */
export class TargetAllocator {
  readonly #targets: Pick<TargetHost, 'daemonFor'>;
  /** The free target ids, read once, so that not all that are taken are read each time. */
  #free: FreeIds | undefined;
  /** What has no record and yet is taken, by the daemon that serves it. */
  readonly #reserved = new Map<number, ReadonlySet<number>>();

  constructor(targets: Pick<TargetHost, 'daemonFor'>) {
    this.#targets = targets;
  }

  /** Returns the lowest target id that no other target has, and its daemon; the caller writes them for the node. */
  async allocate(tx: CatalogReader): Promise<Pick<TargetRecord, 'daemon' | 'tid'>> {
    this.#free ??= new FreeIds((await tx.list(tids)).map(({ key }) => Number(key)));
    for (;;) {
      const tid = this.#free.lowest;
      // A transaction may fail after it was told here what it would free or take.
      if (!this.#isReserved(tid) && (await tx.get(tids, tidKey(tid))) === undefined) {
        return { daemon: this.#targets.daemonFor(tid), tid };
      }
      this.#free.remove(tid);
    }
  }

  release(tid: number): void {
    this.#free?.add(tid);
  }

  /**
   * Keeps the target ids of targets that a daemon serves although they have no record, as after a restore, from being
   * handed out: a new target would take the place of one in use. Those given before for the daemon are free again.
   */
  reserve(daemon: number, reserved: ReadonlySet<number>): void {
    const former = this.#reserved.get(daemon) ?? new Set();
    this.#reserved.set(daemon, reserved);
    for (const tid of former) {
      this.#free?.add(tid); // if it is taken after all, that is found out when it is to be handed out
    }
  }

  #isReserved(tid: number): boolean {
    return [...this.#reserved.values()].some((tids) => tids.has(tid));
  }
}

/** The whole numbers from 1 that are free, as far as is known. */
class FreeIds {
  readonly #gaps = new Set<number>();
  #next: number;

  /** @param taken in ascending order */
  constructor(taken: readonly number[]) {
    this.#next = (taken.at(-1) ?? 0) + 1;
    const isTaken = new Set(taken);
    for (let id = 1; id < this.#next; id++) {
      if (!isTaken.has(id)) {
        this.#gaps.add(id);
      }
    }
  }

  get lowest(): number {
    return Math.min(this.#next, ...this.#gaps);
  }

  add(id: number): void {
    this.#gaps.add(id);
  }

  remove(id: number): void {
    this.#gaps.delete(id);
    this.#next = Math.max(this.#next, id + 1);
  }
}

/** Returns how many target daemons the nodes' targets need: a node's portal must not change. */
export async function daemonsInUse(catalog: Catalog): Promise<number> {
  const targets = (await catalog.list(nodes)).flatMap(({ value }) => targetOf(value) ?? []);
  return Math.max(1, ...targets.map(({ daemon }) => daemon + 1));
}
