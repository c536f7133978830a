import type { Operation, Store } from '@patchbay/store';

import { newestFirst } from '../records/keys.js';
import { parse, putOf } from '../records/tables.js';
import {
  byTime,
  type CellRecord,
  cells,
  type IntentRecord,
  intents,
  type RunRecord,
  runs,
} from './tables.js';

/** A page of runs, the newest first. */
export interface RunPage {
  readonly runs: readonly RunRecord[];
  /** Where the next page begins; absent after the last. */
  readonly next?: string;
}

/** Reads the records of runs. */
export class RunStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async read(id: string): Promise<RunRecord | undefined> {
    const entry = await this.#store.get(runs.prefix + id);
    return entry === undefined ? undefined : parse(runs, entry.key, entry.value);
  }

  /** Returns how a run stands on its hosts, by their names. */
  async cells(id: string): Promise<ReadonlyMap<string, CellRecord>> {
    const prefix = `${cells.prefix}${id}/`;
    const { entries } = await this.#store.range({ prefix });
    return new Map(entries.map(({ key, value }) => [key.slice(prefix.length), parse(cells, key, value)]));
  }

  /** Returns the runs whose jobs are still to be made. */
  async intents(): Promise<ReadonlyMap<string, IntentRecord>> {
    const { prefix } = intents;
    const { entries } = await this.#store.range({ prefix });
    return new Map(entries.map(({ key, value }) => [key.slice(prefix.length), parse(intents, key, value)]));
  }

  /** Returns the newest runs, after the place at which the page before ended. */
  async list(limit: number, from?: string): Promise<RunPage> {
    const { prefix } = byTime;
    const after = from === undefined ? undefined : prefix + from;
    const { entries, more } = await this.#store.range({ prefix, after, limit });
    const found = await Promise.all(entries.map(({ key }) => this.read(key.slice(key.lastIndexOf('/') + 1))));
    const next = more ? entries.at(-1)?.key.slice(prefix.length) : undefined;
    return {
      runs: found.filter((record) => record !== undefined),
      ...(next === undefined ? {} : { next }),
    };
  }
}

/** Returns what writes a run that is new, with that its jobs are to be made. */
export function operationsOfNew(record: RunRecord, intent: IntentRecord): readonly Operation[] {
  return [
    putOf(runs, record.id, record),
    putOf(intents, record.id, intent),
    putOf(byTime, `${newestFirst(record.submittedAtMs)}/${record.id}`, ''),
  ];
}
