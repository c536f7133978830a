import { isRpcError } from '@patchbay/objects';
import type { Store } from '@patchbay/store';

import { MetadataIndex } from './metadata-index.js';
import { isNameKey, keyOfName, storedIn } from './name-record.js';

/** How many names are read at once when the index is built. */
const pageLength = 1000;

/** Keeps an index of the names in a store up to date, for as long as the store is open. */
export class IndexFeed {
  readonly #store: Store;
  #index = new MetadataIndex();
  #revision = 0;
  /** Those who wait for a revision, by it. */
  readonly #waiting: { readonly revision: number; readonly resolve: () => void }[] = [];
  #failure: Error | undefined;

  private constructor(store: Store) {
    this.#store = store;
  }

  /** Builds the index of the names that are there, and begins to follow what changes. */
  static async open(store: Store): Promise<IndexFeed> {
    const feed = new IndexFeed(store);
    await feed.#load();
    void feed.#keepUp();
    return feed;
  }

  get index(): MetadataIndex {
    return this.#index;
  }

  /** Waits until the index has what was committed up to a revision. @throws what keeps it from following the store */
  async reached(revision: number): Promise<void> {
    if (revision > this.#revision && this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        const before = this.#waiting.findLastIndex((each) => each.revision <= revision);
        this.#waiting.splice(before + 1, 0, { revision, resolve });
      });
    }
    if (this.#failure !== undefined) {
      throw this.#failure;
    }
  }

  /** Reads all names. What changes meanwhile may be in the pages or not; following from the first one's revision adds it. */
  async #load(): Promise<void> {
    const index = new MetadataIndex();
    const revision = await this.#store.revision();
    for (let after: string | undefined; ;) {
      const { entries, more } = await this.#store.range({ prefix: keyOfName(''), after, limit: pageLength });
      for (const entry of entries) {
        index.put(entry.key, storedIn(entry).metadata, entry.leaseId);
      }
      if (!more) {
        break;
      }
      after = entries.at(-1)?.key;
    }
    this.#index = index;
    this.#advance(revision);
  }

  /** Follows what changes until the store is closed or fails. */
  async #keepUp(): Promise<void> {
    try {
      while (!(await this.#follow())) {
        await this.#load();
      }
    } catch (error) {
      this.#failure = error as Error;
    }
    this.#advance(Infinity);
  }

  /** Follows what changes until the store is closed; returns false when it is too far behind for that. */
  async #follow(): Promise<boolean> {
    const { signal } = new AbortController();
    try {
      // Of all keys, so that whoever waits for a commit of none of the names waits no longer than for another one.
      for await (const changes of this.#store.watch({ prefix: '', fromRevision: this.#revision, signal })) {
        for (const { type, entry } of changes.filter((change) => isNameKey(change.entry.key))) {
          if (type === 'put') {
            this.#index.put(entry.key, storedIn(entry).metadata, entry.leaseId);
          } else {
            this.#index.delete(entry.key);
          }
        }
        this.#advance(changes[0]?.revision ?? this.#revision);
      }
      return true;
    } catch (error) {
      if (isRpcError(error, 'REVISION_COMPACTED')) {
        return false;
      }
      throw error;
    }
  }

  #advance(revision: number): void {
    this.#revision = revision;
    const later = this.#waiting.findIndex((each) => each.revision > revision);
    for (const { resolve } of this.#waiting.splice(0, later === -1 ? this.#waiting.length : later)) {
      resolve();
    }
  }
}
