import { SortedKeys } from '../sorted-keys.js';
import type { Change, Entry, KeyInterval } from '../store.js';

/** Called with what a key had and has: undefined where it was, or is, absent. */
export type EntryObserver = (before: Entry | undefined, after: Entry | undefined) => void;

/** The entries of a store in memory. What comes late never takes the place of what is newer. */
export class MirroredEntries {
  readonly #entries = new Map<string, Entry>();
  readonly #ordered = new SortedKeys();
  readonly #observe: EntryObserver;

  constructor(observe: EntryObserver) {
    this.#observe = observe;
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  /** Returns the first entries of an interval in the order of their keys. */
  slice({ from, to }: KeyInterval, limit: number): Entry[] {
    return this.#ordered
      .slice(ordered(from), ordered(to), limit)
      .flatMap((text) => this.#entries.get(keyOf(text)) ?? []);
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
    if (before === undefined) {
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

  #delete(key: string, revision: number): void {
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
