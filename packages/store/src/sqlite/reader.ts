import { checkKey, checkPrefix, keyInterval } from '../keys.js';
import { type Entry, type Page, type Range } from '../store.js';
import { type ChangeLog } from './change-log.js';
import { type EntryTable } from './entry-table.js';
import { type LeaseDeadlines } from './lease-deadlines.js';

/** What a reader works on. */
export interface ReaderParts {
  readonly entries: EntryTable;
  readonly deadlines: LeaseDeadlines;
  readonly changes: ChangeLog;
}

/** Reads what the file has, without the entries whose leases have passed. */
export class Reader {
  readonly #parts: ReaderParts;

  constructor(parts: ReaderParts) {
    this.#parts = parts;
  }

  get(key: string): Entry | undefined {
    checkKey(key);
    const entry = this.#parts.entries.get(key);
    return entry !== undefined && this.#isLive(entry) ? entry : undefined;
  }

  range({ prefix, after, limit = Infinity }: Range): Page {
    checkPrefix(prefix);
    const { entries: table, changes } = this.#parts;
    const entries: Entry[] = [];
    let more = false;
    for (const entry of table.scan(keyInterval(prefix, after))) {
      if (!this.#isLive(entry)) {
        continue;
      }
      if (entries.length >= limit) {
        more = true;
        break;
      }
      entries.push(entry);
    }
    return { entries, more, revision: changes.revision };
  }

  count(prefix: string): number {
    checkPrefix(prefix);
    const { entries, deadlines } = this.#parts;
    const passed = deadlines.passed().flatMap(({ leaseId }) => entries.ofLease(leaseId));
    const hidden = passed.filter(({ key }) => key.startsWith(prefix)).length;
    return entries.count(keyInterval(prefix)) - hidden;
  }

  leaseKeys(leaseId: string): readonly string[] {
    const { entries, deadlines } = this.#parts;
    return deadlines.isLive(leaseId) ? entries.ofLease(leaseId).map(({ key }) => key) : [];
  }

  #isLive({ leaseId }: Entry): boolean {
    return leaseId === undefined || this.#parts.deadlines.isLive(leaseId);
  }
}
