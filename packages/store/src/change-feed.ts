import type { Change } from './store.js';

/** Some of the history: whole commits, each with at least one change, and the revision that they reach to. */
export interface History {
  readonly commits: readonly (readonly Change[])[];
  readonly reachedRevision: number;
}

/** Returns the next commits after a revision that changed keys with a prefix; undefined where they are not kept. */
export type ReadHistory = (fromRevision: number, prefix: string) => History | undefined;

interface Waiter {
  readonly prefix: string;
  /** The revision up to which the watcher has seen every change. */
  seenRevision: number;
  readonly wake: (commits: History['commits']) => void;
}

/**
 * Hands commits to watchers. A watcher that waits gets the next ones from memory; one that is behind has no queue but
 * reads the history at its own pace, so that a slow one costs no memory.
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

  /** Hands the changes of commits, the last of which has the revision, to those who wait for one of them. */
  publish(revision: number, commits: History['commits']): void {
    this.#publishedRevision = revision;
    for (const waiter of this.#waiters) {
      waiter.seenRevision = revision;
      const some = matching(commits, waiter.prefix);
      if (some.length > 0) {
        waiter.wake(some);
      }
    }
  }

  /** Lets those who wait for a change find that the commits up to a revision are not to be had here. */
  skipTo(revision: number): void {
    this.#publishedRevision = revision;
    this.#wakeAll();
  }

  /** Ends every watch. */
  close(): void {
    this.#closed = true;
    this.#wakeAll();
  }

  #wakeAll(): void {
    for (const waiter of this.#waiters) {
      waiter.wake([]);
    }
  }

  /** Yields the changes after a revision; returns the one from which on the history is not kept any more. */
  async *watch(
    prefix: string,
    fromRevision: number,
    signal: AbortSignal,
  ): AsyncGenerator<readonly Change[], number | undefined, undefined> {
    let seenRevision = fromRevision;
    let isBehind = true;
    while (!this.#hasEnded(signal)) {
      const history = isBehind ? this.#readHistory(seenRevision, prefix) : undefined;
      if (isBehind && history === undefined) {
        return seenRevision;
      }
      const { commits, reachedRevision } =
        history !== undefined && history.commits.length > 0
          ? history
          : await this.#nextCommits(prefix, history?.reachedRevision ?? seenRevision, signal);
      for (const changes of commits) {
        if (this.#hasEnded(signal)) {
          return undefined;
        }
        yield changes;
      }
      seenRevision = reachedRevision;
      isBehind = seenRevision < this.#publishedRevision;
    }
    return undefined;
  }

  #hasEnded(signal: AbortSignal): boolean {
    return this.#closed || signal.aborted;
  }

  /** Waits for a commit that changes a key with the prefix, for the signal, or for the end. */
  #nextCommits(prefix: string, seenRevision: number, signal: AbortSignal): Promise<History> {
    return new Promise((resolve) => {
      const wake = (commits: History['commits']): void => {
        this.#waiters.delete(waiter);
        signal.removeEventListener('abort', giveUp);
        resolve({ commits, reachedRevision: waiter.seenRevision });
      };
      const giveUp = (): void => {
        wake([]);
      };
      const waiter: Waiter = { prefix, seenRevision, wake };
      this.#waiters.add(waiter);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }
}

/** Returns the changes of keys with a prefix, a commit's together, without the commits that have none. */
export function matching(commits: History['commits'], prefix: string): History['commits'] {
  if (prefix === '') {
    return commits;
  }
  return commits
    .map((changes) => changes.filter(({ entry }) => entry.key.startsWith(prefix)))
    .filter((changes) => changes.length > 0);
}
