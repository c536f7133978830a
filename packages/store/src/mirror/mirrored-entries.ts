import { recordDamaged } from '../errors.js';
import { SortedKeys } from '../sorted-keys.js';
import type { Change, Entry, KeyInterval } from '../store.js';

/** Called with what a key had and has: undefined where it was, or is, absent. */
export type EntryObserver = (before: Entry | undefined, after: Entry | undefined) => void;

/** The entries of a store in memory. What comes late never takes the place of what is newer. */
export class MirroredEntries {
  readonly #entries = new Map<string, Entry>();
  /** The keys of damaged records. */
  readonly #damaged = new Set<string>();
  readonly #ordered = new SortedKeys();
  readonly #observe: EntryObserver;

  constructor(observe: EntryObserver) {
    this.#observe = observe;
  }

  /** @throws RpcError `RECORD_DAMAGED` */
  get(key: string): Entry | undefined {
    if (this.#damaged.size > 0 && this.#damaged.has(key)) {
      throw recordDamaged(key);
    }
    return this.#entries.get(key);
  }

  /** Returns the first entries of an interval in their order; adds the keys of damaged ones to a list, if there is one. */
  slice({ from, to }: KeyInterval, limit: number, damaged?: string[]): Entry[] {
    const entries: Entry[] = [];
    const length = damaged === undefined ? limit : Infinity;
    for (const key of this.#ordered.slice(ordered(from), ordered(to), length).map(keyOf)) {
      if (damaged !== undefined && this.#damaged.has(key)) {
        damaged.push(key);
        continue;
      }
      const entry = this.get(key);
      if (entry !== undefined && entries.push(entry) >= limit) {
        break;
      }
    }
    return entries;
  }

  count({ from, to }: KeyInterval): number {
    return this.#ordered.count(ordered(from), ordered(to));
  }

  put(entry: Entry): void {
    const { key } = entry;
    const before = this.#entries.get(key);
    if (before !== undefined && before.modRevision >= entry.modRevision) {
      return;
    }
    this.#entries.set(key, entry);
    if (before === undefined && !this.#damaged.delete(key)) {
      this.#ordered.add(ordered(key));
    }
    this.#observe(before, entry);
  }

  apply({ type, entry, revision }: Change): void {
    if (type === 'put') {
      this.put(entry);
    } else {
      this.#delete(entry.key, revision);
    }
  }

  /** Deletes what is not among the keys, which are all that the store had at a revision. */
  retain(keys: ReadonlySet<string>, revision: number): void {
    for (const key of this.#entries.keys()) {
      if (!keys.has(key)) {
        this.#delete(key, revision);
      }
    }
  }

  /** Notes that the record of a key is damaged. */
  putDamaged(key: string): void {
    this.#delete(key, Infinity);
    this.#damaged.add(key);
    this.#ordered.add(ordered(key));
  }

  #delete(key: string, revision: number): void {
    if (this.#damaged.delete(key)) {
      this.#ordered.delete(ordered(key));
    }
    const before = this.#entries.get(key);
    if (before !== undefined && before.modRevision <= revision) {
      this.#entries.delete(key);
      this.#ordered.delete(ordered(key));
      this.#observe(before, undefined);
    }
  }
}

/**
 * Makes of a key a text that compares by its code units as the key does by its bytes in UTF-8: surrogates, which stand
 * for what sorts last, change places with the units above them.
 */
function ordered(key: string): string {
  return swapped(key, 0xe000, -0x800, 0x2000);
}

function keyOf(text: string): string {
  return swapped(text, 0xf800, -0x2000, 0x800);
}

function swapped(text: string, border: number, above: number, below: number): string {
  const shift = (unit: string): string => {
    const code = unit.charCodeAt(0);
    return String.fromCharCode(code + (code >= border ? above : below));
  };
  return /[\ud800-\uffff]/.test(text) ? text.replaceAll(/[\ud800-\uffff]/g, shift) : text;
}
