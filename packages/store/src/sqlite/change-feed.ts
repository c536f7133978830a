import { keysWith } from '../keys.js';
import type { Change, KeyInterval } from '../store.js';
import type { History } from './change-log.js';

/** Reads the history of an interval of keys after a revision. @throws RpcError `REVISION_COMPACTED` */
type ReadHistory = (fromRevision: number, interval: KeyInterval) => History;

interface Waiter {
  readonly prefix: string;
  /** The revision up to which the watcher has seen every change. */
  seenRevision: number;
  readonly wake: (changes: readonly Change[] | undefined) => void;
}

/**
 * Hands commits to watchers. A watcher that waits gets the next commit from memory; one that is behind has no queue but
 * reads the change log at its own pace, so that a slow one costs no memory.
 */
export class ChangeFeed {
  readonly #readHistory: ReadHistory;
  readonly #waiters = new Set<Waiter>();
  /** Until the first commit it is not known whether a watcher is behind. */
  #publishedRevision = Infinity;
  #closed = false;

  constructor(readHistory: ReadHistory) {
    this.#readHistory = readHistory;
  }

  /** How many watchers wait for a change. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** Hands a commit's changes to those who wait for one of them. */
  publish(revision: number, changes: readonly Change[]): void {
    this.#publishedRevision = revision;
    for (const waiter of this.#waiters) {
      waiter.seenRevision = revision;
      const matching = changes.filter(({ entry }) => entry.key.startsWith(waiter.prefix));
      if (matching.length > 0) {
        waiter.wake(matching);
      }
    }
  }

  /** Ends every watch. */
  close(): void {
    this.#closed = true;
    for (const waiter of this.#waiters) {
      waiter.wake(undefined);
    }
  }

  async *watch(
    prefix: string,
    fromRevision: number,
    signal: AbortSignal,
  ): AsyncGenerator<readonly Change[], void, undefined> {
    const interval = keysWith(prefix);
    let seenRevision = fromRevision;
    let isBehind = true;
    while (!this.#hasEnded(signal)) {
      const history = isBehind ? this.#readHistory(seenRevision, interval) : undefined;
      const { commits, reachedRevision } =
        history !== undefined && history.commits.length > 0
          ? history
          : await this.#nextCommit(prefix, history?.reachedRevision ?? seenRevision, signal);
      for (const changes of commits) {
        yield changes;
        if (this.#hasEnded(signal)) {
          return;
        }
      }
      seenRevision = reachedRevision;
      isBehind = seenRevision < this.#publishedRevision;
    }
  }

  #hasEnded(signal: AbortSignal): boolean {
    return this.#closed || signal.aborted;
  }

  /** Waits for a commit that changes a key with the prefix, for the signal, or for the end. */
  #nextCommit(prefix: string, seenRevision: number, signal: AbortSignal): Promise<History> {
    return new Promise((resolve) => {
      const wake = (changes: readonly Change[] | undefined): void => {
        this.#waiters.delete(waiter);
        signal.removeEventListener('abort', giveUp);
        resolve({
          commits: changes === undefined ? [] : [changes],
          reachedRevision: waiter.seenRevision,
        });
      };
      const giveUp = (): void => {
        wake(undefined);
      };
      const waiter: Waiter = { prefix, seenRevision, wake };
      this.#waiters.add(waiter);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }
}
