import type { Metadata } from '@patchbay/objects';

import { keyAfterName, keyOfName, nameOf } from './name-record.js';
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

/** A name, or a server's share in one, as the index knows it. There may be 100,000, so that they share what they can. */
interface Indexed {
  readonly labels: Labels;
  readonly lease: Lease | undefined;
}

/** The same metadata of some names. */
interface Labels {
  readonly text: string;
  readonly postings: readonly Posting[];
  names: number;
}

interface Lease {
  readonly leaseId: string;
  names: number;
}

/** The names that meet one condition, by their keys in the store. */
interface Posting {
  readonly text: string;
  readonly keys: SortedKeys;
}

/** Finds names by their metadata, and counts the leases that hold names. It is in memory alone. */
export class MetadataIndex {
  readonly #postings = new Map<string, Posting>();
  readonly #labels = new Map<string, Labels>();
  readonly #leases = new Map<string, Lease>();
  readonly #indexed = new Map<string, Indexed>();

  /** How many leases hold names. */
  get leases(): number {
    return this.#leases.size;
  }

  /** Puts a name, by its key in the store, in the place of what it was before. */
  put(writtenKey: string, metadata: Metadata, leaseId: string | undefined): void {
    // A text that was put together keeps its parts as long as it lives.
    const key = Buffer.from(writtenKey, 'latin1').toString('latin1');
    this.delete(key);
    const labels = this.#labelsOf(metadata);
    labels.names += 1;
    let lease: Lease | undefined;
    if (leaseId !== undefined) {
      lease = getOrAdd(this.#leases, leaseId, () => ({ leaseId, names: 0 }));
      lease.names += 1;
    }
    for (const { keys } of labels.postings) {
      keys.add(key);
    }
    this.#indexed.set(key, { labels, lease });
  }

  delete(key: string): void {
    const former = this.#indexed.get(key);
    if (former === undefined) {
      return;
    }
    this.#indexed.delete(key);
    const { labels, lease } = former;
    for (const { text, keys } of labels.postings) {
      keys.delete(key);
      if (keys.isEmpty) {
        this.#postings.delete(text);
      }
    }
    labels.names -= 1;
    if (labels.names === 0) {
      this.#labels.delete(labels.text);
    }
    if (lease !== undefined) {
      lease.names -= 1;
      if (lease.names === 0) {
        this.#leases.delete(lease.leaseId);
      }
    }
  }

  /** Counts the names with a prefix that meet a condition; a shared name counts once for each server. */
  count(condition: MetadataCondition, prefix: string): number {
    return this.#postings.get(textOf(condition))?.keys.count(keyOfName(prefix), endOf(prefix)) ?? 0;
  }

  /** Returns names that meet a condition, in order, and whether more follow. A shared name may be there several times. */
  find(
    condition: MetadataCondition,
    { prefix, after, limit }: IndexRange,
  ): { readonly names: readonly string[]; readonly more: boolean } {
    const begin = keyOfName(prefix);
    const behind = after === undefined ? begin : keyAfterName(after);
    const from = behind > begin ? behind : begin;
    const keys = this.#postings.get(textOf(condition))?.keys.slice(from, endOf(prefix), limit + 1) ?? [];
    return {
      names: keys.slice(0, limit).map((key) => nameOf({ key })),
      more: keys.length > limit,
    };
  }

  #labelsOf(metadata: Metadata): Labels {
    const text = JSON.stringify(metadata);
    return getOrAdd(this.#labels, text, () => {
      const postings = Object.entries(metadata).flatMap(([key, value]) => [
        this.#postingOf({ key, value: undefined }),
        this.#postingOf({ key, value }),
      ]);
      return { text, postings, names: 0 };
    });
  }

  #postingOf(condition: MetadataCondition): Posting {
    const text = textOf(condition);
    return getOrAdd(this.#postings, text, () => ({ text, keys: new SortedKeys() }));
  }
}

function getOrAdd<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}

/** Returns a text of its own for each condition. */
function textOf({ key, value }: MetadataCondition): string {
  return JSON.stringify(value === undefined ? [key] : [key, value]);
}

/** Returns a text that sorts after all keys of names with a prefix. */
function endOf(prefix: string): string {
  return `${keyOfName(prefix)}\x7f`;
}
