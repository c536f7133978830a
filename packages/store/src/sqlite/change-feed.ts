import { keysWith } from '../keys.js';
import type { Change, KeyInterval } from '../store.js';
import type { History } from './change-log.js';

/** How many of the last commits, and of their changes, are kept in memory for watchers that are a little behind. */
const maxRecentCommits = 1024;
const maxRecentChanges = 2048;

interface Waiter {
  readonly prefix: string;
  /** The revision up to which the watcher has seen every change. */
  seenRevision: number;
  readonly wake: (changes?: readonly Change[]) => void;
}

/**
 * Hands commits to watchers. A watcher that waits gets the next commit from memory, and so does one that is a little
 * behind; one that is further behind has no queue but reads the change log at its own pace, so that a slow one costs no
 * memory.
 */
export class ChangeFeed {
  readonly #readHistory;
  readonly #recentCommits;
  readonly #waiters = new Set<Waiter>();
  /** The last commits, whose revisions have no gap. */
  readonly #recent: { readonly revision: number; readonly changes: readonly Change[] }[] = [];
  #recentChanges = 0;
  /** Until the first commit it is not known whether a watcher is behind. */
  #publishedRevision = Infinity;
  #closed = false;

  /** @param keptRevisions - how much of the history the log keeps; no more is served from memory */
  constructor(readHistory: (fromRevision: number, interval: KeyInterval) => History, keptRevisions: number) {
    this.#readHistory = readHistory;
    this.#recentCommits = Math.min(maxRecentCommits, keptRevisions);
  }

  /** How many watchers wait for a change. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** Hands a commit's changes to those who wait for one of them. */
  publish(revision: number, changes: readonly Change[]): void {
    this.#publishedRevision = revision;
    this.#remember({ revision, changes });
    for (const waiter of this.#waiters) {
      waiter.seenRevision = revision;
      const some = matching(changes, waiter.prefix);
      if (some.length > 0) {
        waiter.wake(some);
      }
    }
  }

  #remember(commit: { readonly revision: number; readonly changes: readonly Change[] }): void {
    this.#recent.push(commit);
    this.#recentChanges += commit.changes.length;
    while (this.#recent.length > this.#recentCommits || this.#recentChanges > maxRecentChanges) {
      this.#recentChanges -= this.#recent.shift()?.changes.length ?? 0;
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
    const interval = keysWith(prefix);
    let seenRevision = fromRevision;
    let isBehind = true;
    while (!this.#hasEnded(signal)) {
      const history = isBehind
        ? (this.#readRecent(seenRevision, prefix) ?? this.#readHistory(seenRevision, interval))
        : undefined;
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

  /** Returns the commits after a revision that changed keys with a prefix; undefined where they are no longer in memory. */
  #readRecent(fromRevision: number, prefix: string): History | undefined {
    const [oldest] = this.#recent;
    if (
      oldest === undefined ||
      fromRevision < oldest.revision - 1 ||
      fromRevision > this.#publishedRevision
    ) {
      return undefined;
    }
    const commits = this.#recent
      .slice(fromRevision + 1 - oldest.revision)
      .map(({ changes }) => matching(changes, prefix))
      .filter((changes) => changes.length > 0);
    return { commits, reachedRevision: this.#publishedRevision };
  }

  #hasEnded(signal: AbortSignal): boolean {
    return this.#closed || signal.aborted;
  }

  /** Waits for a commit that changes a key with the prefix, for the signal, or for the end. */
  #nextCommit(prefix: string, seenRevision: number, signal: AbortSignal): Promise<History> {
    return new Promise((resolve) => {
      const wake = (changes?: readonly Change[]): void => {
        this.#waiters.delete(waiter);
        signal.removeEventListener('abort', giveUp);
        const commits = changes === undefined ? [] : [changes];
        resolve({ commits, reachedRevision: waiter.seenRevision });
      };
      const giveUp = (): void => {
        wake();
      };
      const waiter: Waiter = { prefix, seenRevision, wake };
      this.#waiters.add(waiter);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }
}

function matching(changes: readonly Change[], prefix: string): readonly Change[] {
  return prefix === '' ? changes : changes.filter(({ entry }) => entry.key.startsWith(prefix));
}
