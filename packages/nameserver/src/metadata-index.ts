import { type Metadata } from '@patchbay/objects';

import { afterShares, keyOfName, keySuffix, nameIn } from './name-record.js';
import { SortedKeys } from './sorted-keys.js';

/** A condition on metadata: that a key is there, with this value or any. */
export interface MetadataCondition {
  readonly key: string;
  readonly value: string | undefined;
}

/** Which names to look for in the index. */
export interface IndexRange {
  /** What the names begin with. */
  readonly prefix: string;
  /** Begin after this name. */
  readonly after: string | undefined;
  readonly limit: number;
}

/** A name, or a server's share in one, as the index knows it. */
interface Indexed {
  readonly postings: readonly Posting[];
  readonly leaseId: string | undefined;
}

/** The names that meet one condition, by their keys in the store. */
interface Posting {
  readonly text: string;
  readonly keys: SortedKeys;
}

/** Finds names by their metadata, and counts the leases that hold names. It is in memory alone. */
export class MetadataIndex {
  readonly #postings = new Map<string, Posting>();
  readonly #indexed = new Map<string, Indexed>();
  /** How many names each lease holds. */
  readonly #leases = new Map<string, number>();

  /** How many leases hold names. */
  get leases(): number {
    return this.#leases.size;
  }

  /** Puts a name, by its key in the store, in the place of what it was before. */
  put(key: string, metadata: Metadata, leaseId: string | undefined): void {
    this.delete(key);
    const postings = Object.entries(metadata).flatMap(([name, value]) => [
      this.#postingOf({ key: name, value: undefined }),
      this.#postingOf({ key: name, value }),
    ]);
    for (const { keys } of postings) {
      keys.add(key);
    }
    this.#indexed.set(key, { postings, leaseId });
    if (leaseId !== undefined) {
      this.#leases.set(leaseId, (this.#leases.get(leaseId) ?? 0) + 1);
    }
  }

  delete(key: string): void {
    const former = this.#indexed.get(key);
    if (former === undefined) {
      return;
    }
    this.#indexed.delete(key);
    for (const { text, keys } of former.postings) {
      keys.delete(key);
      if (keys.isEmpty) {
        this.#postings.delete(text);
      }
    }
    if (former.leaseId !== undefined) {
      const left = (this.#leases.get(former.leaseId) ?? 0) - 1;
      if (left > 0) {
        this.#leases.set(former.leaseId, left);
      } else {
        this.#leases.delete(former.leaseId);
      }
    }
  }

  /** Counts the names with a prefix that meet a condition; a shared name counts once for each server. */
  count(condition: MetadataCondition, prefix: string): number {
    return this.#postings.get(textOf(condition))?.keys.count(keyOfName(prefix), endOf(prefix)) ?? 0;
  }

  /**
   * Returns names that meet a condition, in their order, and whether more follow. A shared name may stand there several
   * times.
   */
  find(
    condition: MetadataCondition,
    { prefix, after, limit }: IndexRange,
  ): { readonly names: readonly string[]; readonly more: boolean } {
    const begin = keyOfName(prefix);
    const behind = after === undefined ? begin : keyOfName(afterShares(after));
    const from = behind > begin ? behind : begin;
    const keys = this.#postings.get(textOf(condition))?.keys.slice(from, endOf(prefix), limit + 1) ?? [];
    return {
      names: keys.slice(0, limit).map((key) => nameIn(keySuffix(key))),
      more: keys.length > limit,
    };
  }

  #postingOf(condition: MetadataCondition): Posting {
    const text = textOf(condition);
    let posting = this.#postings.get(text);
    if (posting === undefined) {
      posting = { text, keys: new SortedKeys() };
      this.#postings.set(text, posting);
    }
    return posting;
  }
}

/** Returns a text of its own for each condition. */
function textOf({ key, value }: MetadataCondition): string {
  return JSON.stringify(value === undefined ? [key] : [key, value]);
}

/** Returns a text that sorts after all keys of names with a prefix. */
function endOf(prefix: string): string {
  return `${keyOfName(prefix)}\x7f`;
}
