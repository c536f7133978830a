import { isRpcError } from '@patchbay/objects';
import type { Store } from '@patchbay/store';

import { storageError } from '../errors.js';
import type { Catalog } from './catalog.js';
import { eventKey, type EventRecord, events } from './events.js';
import { parse } from './records.js';

const pageLength = 500;
/** How many are forgotten at once: with the mark of their table, a commit of 100 writes. */
const forgottenTogether = 99;

/** An event with its number. */
export interface NumberedEvent {
  readonly revision: number;
  readonly event: EventRecord;
}

/** What happened to what the catalog knows, as far back as it is remembered. The catalog's commits write it. */
export class EventLog {
  readonly #store: Store;
  readonly #catalog: Catalog;

  constructor(store: Store, catalog: Catalog) {
    this.#store = store;
    this.#catalog = catalog;
  }

  /** Returns the number of the last event. */
  revision(): Promise<number> {
    return this.#catalog.revision();
  }

  /** Yields all events that are remembered, the oldest first. */
  async *all(): AsyncGenerator<NumberedEvent, void, undefined> {
    let page = await this.#after(0);
    while (page.found.length > 0) {
      yield* page.found;
      page = await this.#after(page.found.at(-1)?.revision ?? 0);
    }
  }

  /**
   * Yields the events after a revision, those that were and then those that come, until the signal aborts.
   * @throws RpcError `EVENTS_FORGOTTEN` when some after the revision are not remembered, or there is no such revision
   *   yet: then the events that it was the last of are forgotten, as they are when a backup is restored
   */
  async *watch(fromRevision: number, signal: AbortSignal): AsyncGenerator<NumberedEvent, never, undefined> {
    const last = await this.revision();
    if (fromRevision > last) {
      throw storageError(
        'EVENTS_FORGOTTEN',
        `there is no revision ${String(fromRevision)} yet, the last is ${String(last)}; if a backup was restored, list what there is, and watch from then`,
        { details: { revision: fromRevision, lastRevision: last } },
      );
    }
    let seen = fromRevision;
    for (;;) {
      signal.throwIfAborted();
      const { found, storeRevision } = await this.#after(seen);
      for (const each of found) {
        if (each.revision !== seen + 1) {
          throw storageError(
            'EVENTS_FORGOTTEN',
            `what happened after revision ${String(seen)} is remembered from ${String(each.revision)} on only; list what there is, and watch from then`,
            { details: { revision: seen, oldestRevision: each.revision } },
          );
        }
        seen = each.revision;
        yield each;
      }
      if (found.length === 0) {
        await this.#change(storeRevision, signal);
      }
    }
  }

  /** Forgets the oldest events, so that at most so many are remembered. */
  async forget(keep: number): Promise<void> {
    const forgetTo = (await this.revision()) - keep;
    for (;;) {
      const { found } = await this.#after(0);
      const old = found.filter(({ revision }) => revision <= forgetTo).slice(0, forgottenTogether);
      if (old.length === 0) {
        return;
      }
      await this.#catalog.transact((tx) => {
        for (const { revision } of old) {
          tx.delete(events, eventKey(revision));
        }
      });
    }
  }

  async #after(revision: number): Promise<{ found: readonly NumberedEvent[]; storeRevision: number }> {
    const page = await this.#store.range({
      prefix: events.prefix,
      after: events.prefix + eventKey(revision),
      limit: pageLength,
    });
    const found = page.entries.map(({ key, value }) => ({
      revision: Number(key.slice(events.prefix.length)),
      event: parse(events, key, value),
    }));
    return { found, storeRevision: page.revision };
  }

  /** Waits for an event that is newer than a revision of the store. */
  async #change(storeRevision: number, signal: AbortSignal): Promise<void> {
    try {
      const changes = this.#store.watch({ prefix: events.prefix, fromRevision: storeRevision, signal });
      for await (const commit of changes) {
        if (commit.some(({ type }) => type === 'put')) {
          return;
        }
      }
    } catch (error) {
      // The store forgot its history in between: whether there was an event is seen by looking.
      if (!isRpcError(error, 'REVISION_COMPACTED')) {
        throw error;
      }
    }
  }
}
