import { isRpcError } from '@patchbay/objects';

import { ChangeFeed } from '../change-feed.js';
import { storeError } from '../errors.js';
import { checkKey, checkPrefix, keysWith } from '../keys.js';
import { pageOf } from '../page.js';
import type {
  Change,
  Compare,
  Entry,
  Operation,
  Outcome,
  Page,
  Range,
  Store,
  StoreLease,
  StoreLimits,
} from '../store.js';
import { type EntryObserver, MirroredEntries } from './mirrored-entries.js';
import { RecentCommits } from './recent-commits.js';
import { RevisionWaits } from './revision-waits.js';

/** How many entries are read at once when the mirror is filled. */
const pageLength = 1000;

/** What a mirror may do beside being a store. */
export interface MirrorOptions {
  /** Called for every entry that the mirror reads or hears of, before a read or a watcher can see it. */
  readonly observe?: EntryObserver;
}

/**
 * Opens a mirror of a store: all of its entries in memory, from which reads and watchers are served. Writes go through to
 * the store, and resolve when the mirror has them. The mirror is closed with the store, and the store with it.
 */
export async function openMirror(
  store: Store,
  { observe = () => undefined }: MirrorOptions = {},
): Promise<Store> {
  const mirror = new Mirror(store, observe);
  await mirror.start();
  return mirror;
}

class Mirror implements Store {
  readonly #store: Store;
  readonly #entries: MirroredEntries;
  readonly #feed: ChangeFeed;
  readonly #waits = new RevisionWaits();
  #recent = new RecentCommits(0);
  #revision = 0;
  /** Why the mirror follows the store no more. */
  #ended: Error | undefined;

  constructor(store: Store, observe: EntryObserver) {
    this.#store = store;
    this.#entries = new MirroredEntries(observe);
    this.#feed = new ChangeFeed((revision, prefix) => this.#recent.since(revision, prefix));
  }

  get limits(): StoreLimits {
    return this.#store.limits;
  }

  get lateMs(): number {
    return this.#store.lateMs;
  }

  /** Reads all entries, and begins to follow what changes. */
  async start(): Promise<void> {
    const readRevision = await this.#load();
    void this.#keepUp();
    await this.#waits.for(readRevision);
  }

  get(key: string): Promise<Entry | undefined> {
    return this.#answer(() => {
      checkKey(key);
      return this.#entries.get(key);
    });
  }

  range({ prefix, after, limit = Infinity, listDamaged = false }: Range): Promise<Page> {
    return this.#answer(() => {
      checkPrefix(prefix);
      const damaged = listDamaged ? [] : undefined;
      const entries = this.#entries.slice(keysWith(prefix, after), limit + 1, damaged);
      return pageOf(entries, limit, this.#revision, damaged);
    });
  }

  count(prefix: string): Promise<number> {
    return this.#answer(() => {
      checkPrefix(prefix);
      return this.#entries.count(keysWith(prefix));
    });
  }

  revision(): Promise<number> {
    return this.#answer(() => this.#revision);
  }

  async commit(conditions: readonly Compare[], operations: readonly Operation[]): Promise<Outcome> {
    const outcome = await this.#store.commit(conditions, operations);
    await this.#waits.for(outcome.revision);
    return outcome;
  }

  grantLease(ttlMs: number): Promise<StoreLease> {
    return this.#store.grantLease(ttlMs);
  }

  keepAlive(leaseId: string): Promise<StoreLease | undefined> {
    return this.#store.keepAlive(leaseId);
  }

  async revokeLease(leaseId: string): Promise<number> {
    const revision = await this.#store.revokeLease(leaseId);
    await this.#waits.for(revision);
    return revision;
  }

  leaseKeys(leaseId: string): Promise<readonly string[]> {
    return this.#store.leaseKeys(leaseId);
  }

  watch({ prefix, fromRevision, signal }: Parameters<Store['watch']>[0]): AsyncIterable<readonly Change[]> {
    this.#checkFollowing();
    checkPrefix(prefix);
    return this.#watch(prefix, fromRevision ?? this.#revision, signal);
  }

  /** Closes the store too. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end(storeError('STORE_CLOSED', 'the store has been closed'));
    await this.#store[Symbol.asyncDispose]();
  }

  /** Watches in memory, or in the store where the memory does not reach back. */
  async *#watch(prefix: string, from: number, signal: AbortSignal): AsyncGenerator<readonly Change[]> {
    const fromRevision = yield* this.#feed.watch(prefix, from, signal);
    if (fromRevision !== undefined) {
      yield* this.#store.watch({ prefix, fromRevision, signal });
    }
  }

  /**
   * Reads all entries. What changes meanwhile is in the pages or not: following from the revision before them adds it.
   * Returns the revision at which the mirror agrees with the store.
   */
  async #load(): Promise<number> {
    this.#revision = await this.#store.revision();
    this.#recent = new RecentCommits(this.#revision);
    const keys = new Set<string>();
    for (let after: string | undefined; ;) {
      const page = await this.#store.range({ prefix: '', after, limit: pageLength, listDamaged: true });
      const { entries, damaged = [], more, revision } = page;
      for (const key of damaged) {
        keys.add(key);
        this.#entries.putDamaged(key);
      }
      for (const entry of entries) {
        keys.add(entry.key);
        this.#entries.put(entry);
      }
      if (!more) {
        this.#entries.retain(keys, this.#revision);
        this.#feed.skipTo(this.#revision);
        this.#waits.reach(this.#revision);
        return revision;
      }
      after = entries.at(-1)?.key;
    }
  }

  /** Follows what changes until the store is closed or fails. */
  async #keepUp(): Promise<void> {
    const { signal } = new AbortController();
    try {
      while (!(await this.#follow(signal))) {
        await this.#load();
      }
      this.#end(storeError('STORE_CLOSED', 'the store has been closed'));
    } catch (error) {
      this.#end(error as Error);
    }
  }

  /** Follows what changes until the store is closed; returns false when the mirror is too far behind for that. */
  async #follow(signal: AbortSignal): Promise<boolean> {
    try {
      for await (const changes of this.#store.watch({ prefix: '', fromRevision: this.#revision, signal })) {
        for (const change of changes) {
          this.#entries.apply(change);
        }
        this.#revision = changes[0]?.revision ?? this.#revision;
        this.#recent.add(this.#revision, changes);
        this.#feed.publish(this.#revision, [changes]);
        this.#waits.reach(this.#revision);
      }
      return true;
    } catch (error) {
      if (isRpcError(error, 'REVISION_COMPACTED')) {
        return false;
      }
      throw error;
    }
  }

  #end(why: Error): void {
    this.#ended ??= why;
    this.#feed.close();
    this.#waits.reach(Infinity); // what has been written is; only the mirror will not show it
  }

  #answer<T>(read: () => T): Promise<T> {
    return new Promise((resolve) => {
      this.#checkFollowing();
      resolve(read());
    });
  }

  /** @throws what ended the mirror: it does not serve what may be out of date */
  #checkFollowing(): void {
    if (this.#ended !== undefined) {
      throw this.#ended;
    }
  }
}
