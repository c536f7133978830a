import { type Entry, SortedKeys } from '@patchbay/store';

import { LeaseOwners } from './lease-owners.js';
import { leaseOwnerIn } from './lost-names.js';
import { isNameKey, keyAfterName, keyOfName, nameOf, type StoredName, storedIn } from './name-record.js';

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

/** Finds names by their metadata, and knows the leases that hold names. It follows a store's entries. */
export class MetadataIndex {
  /** Whose the leases are. */
  readonly owners = new LeaseOwners();
  /** The keys of the names that meet a condition, by its text. */
  readonly #postings = new Map<string, SortedKeys>();
  /** How many names each lease holds. */
  readonly #leases = new Map<string, number>();

  /** How many leases hold names. */
  get leases(): number {
    return this.#leases.size;
  }

  /** Puts an entry in the place of the one that its key had before. */
  replace(before: Entry | undefined, after: Entry | undefined): void {
    if (before !== undefined) {
      this.#remove(before);
    }
    if (after !== undefined) {
      this.#add(after);
    }
  }

  /** Counts the names with a prefix that meet a condition; a shared name counts once for each server. */
  count(condition: MetadataCondition, prefix: string): number {
    return this.#postings.get(textOf(condition))?.count(keyOfName(prefix), endOf(prefix)) ?? 0;
  }

  /** Returns names that meet a condition, in order, and whether more follow. A shared name may be there several times. */
  find(
    condition: MetadataCondition,
    { prefix, after, limit }: IndexRange,
  ): { readonly names: readonly string[]; readonly more: boolean } {
    const begin = keyOfName(prefix);
    const behind = after === undefined ? begin : keyAfterName(after);
    const from = behind > begin ? behind : begin;
    const keys = this.#postings.get(textOf(condition))?.slice(from, endOf(prefix), limit + 1) ?? [];
    return {
      names: keys.slice(0, limit).map((key) => nameOf({ key })),
      more: keys.length > limit,
    };
  }

  #add(entry: Entry): void {
    if (!isNameKey(entry.key)) {
      this.owners.count(entry.leaseId, leaseOwnerIn(entry), 1);
      return;
    }
    const stored = storedIn(entry);
    for (const text of conditionsMetBy(stored)) {
      const keys = this.#postings.get(text) ?? new SortedKeys();
      keys.add(entry.key);
      this.#postings.set(text, keys);
    }
    this.#count(entry.leaseId, 1);
    this.owners.count(entry.leaseId, stored.host, 1);
  }

  #remove(entry: Entry): void {
    if (!isNameKey(entry.key)) {
      this.owners.count(entry.leaseId, leaseOwnerIn(entry), -1);
      return;
    }
    const stored = storedIn(entry);
    for (const text of conditionsMetBy(stored)) {
      const keys = this.#postings.get(text);
      keys?.delete(entry.key);
      if (keys?.isEmpty === true) {
        this.#postings.delete(text);
      }
    }
    this.#count(entry.leaseId, -1);
    this.owners.count(entry.leaseId, stored.host, -1);
  }

  #count(leaseId: string | undefined, added: number): void {
    if (leaseId === undefined) {
      return;
    }
    const names = (this.#leases.get(leaseId) ?? 0) + added;
    if (names > 0) {
      this.#leases.set(leaseId, names);
    } else {
      this.#leases.delete(leaseId);
    }
  }
}

/** Returns the texts of the conditions that a name's metadata meet. */
function conditionsMetBy({ metadata }: StoredName): readonly string[] {
  return Object.entries(metadata).flatMap(([key, value]) => [
    textOf({ key, value: undefined }),
    textOf({ key, value }),
  ]);
}

/** Returns a text of its own for each condition. */
function textOf({ key, value }: MetadataCondition): string {
  return value === undefined ? `:${key}` : `${String(key.length)}:${key}${value}`;
}

/** Returns a text that sorts after all keys of names with a prefix. */
function endOf(prefix: string): string {
  return `${keyOfName(prefix)}\x7f`;
}
