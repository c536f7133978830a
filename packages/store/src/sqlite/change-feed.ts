import { type KeyInterval, keyInterval } from '../keys.js';
import { type Change } from '../store.js';
import { type History } from './change-log.js';

/** Reads the history of an interval of keys after a revision. @throws RpcError `REVISION_COMPACTED` */
type ReadHistory = (fromRevision: number, interval: KeyInterval) => History;

interface Waiter {
  readonly prefix: string;
  /** The revision up to which nothing more is to be told. */
  seenRevision: number;
  readonly wake: () => void;
}

/**
 * Tells watchers of commits. A watcher has no queue: it reads the change log at its own pace and waits here when
 * it has read everything, so that a slow one costs no memory.
 */
export class ChangeFeed {
  readonly #readHistory: ReadHistory;
  readonly #waiters = new Set<Waiter>();
  #closed = false;

  constructor(readHistory: ReadHistory) {
    this.#readHistory = readHistory;
  }

  /** How many watchers wait for a change. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** Wakes those who wait for one of a commit's changes. */
  publish(revision: number, changes: readonly Change[]): void {
    for (const waiter of this.#waiters) {
      if (changes.some(({ entry }) => entry.key.startsWith(waiter.prefix))) {
        waiter.wake();
      } else {
        waiter.seenRevision = revision;
      }
    }
  }

  /** Ends every watch. */
  close(): void {
    this.#closed = true;
    for (const waiter of this.#waiters) {
      waiter.wake();
    }
  }

  async *watch(
    prefix: string,
    fromRevision: number,
    signal: AbortSignal,
  ): AsyncGenerator<readonly Change[], void, undefined> {
    const interval = keyInterval(prefix);
    let seenRevision = fromRevision;
    while (!this.#hasEnded(signal)) {
      const { commits, reachedRevision } = this.#readHistory(seenRevision, interval);
      for (const changes of commits) {
        yield changes;
        if (this.#hasEnded(signal)) {
          return;
        }
      }
      seenRevision =
        commits.length > 0 ? reachedRevision : await this.#nextChange(prefix, reachedRevision, signal);
    }
  }

  #hasEnded(signal: AbortSignal): boolean {
    return this.#closed || signal.aborted;
  }

  /** Waits for a change below the prefix, the signal or the end; gives the revision to read on from. */
  #nextChange(prefix: string, seenRevision: number, signal: AbortSignal): Promise<number> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiters.delete(waiter);
        signal.removeEventListener('abort', wake);
        resolve(waiter.seenRevision);
      };
      const waiter: Waiter = { prefix, seenRevision, wake };
      this.#waiters.add(waiter);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}
