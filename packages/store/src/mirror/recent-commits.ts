import { type History, matching } from '../change-feed.js';
import type { Change } from '../store.js';

/** How many of the last commits, and of their changes, are kept. */
const kept = { commits: 10_000, changes: 20_000 } as const;

/** The last commits, for watchers that are behind. */
export class RecentCommits {
  /** May hold twice what is kept: to forget many at once costs less than one by one. */
  #commits: (readonly Change[])[] = [];
  #changes = 0;
  /** The revision after which every commit is there, and the last one's. */
  #forgotten: number;
  #reached: number;

  constructor(revision: number) {
    this.#forgotten = revision;
    this.#reached = revision;
  }

  add(revision: number, changes: readonly Change[]): void {
    this.#reached = revision;
    this.#commits.push(changes);
    this.#changes += changes.length;
    if (this.#commits.length >= 2 * kept.commits || this.#changes >= 2 * kept.changes) {
      this.#forget();
    }
  }

  /** Returns the commits after a revision that changed keys with a prefix; undefined where they are not kept. */
  since(fromRevision: number, prefix: string): History | undefined {
    if (fromRevision < this.#forgotten || fromRevision > this.#reached) {
      return undefined;
    }
    let from = this.#commits.length;
    while (from > 0 && revisionOf(this.#commits[from - 1]) > fromRevision) {
      from -= 1;
    }
    return { commits: matching(this.#commits.slice(from), prefix), reachedRevision: this.#reached };
  }

  #forget(): void {
    let first = this.#commits.length;
    let changes = 0;
    while (first > this.#commits.length - kept.commits && changes < kept.changes) {
      first -= 1;
      changes += this.#commits[first]?.length ?? 0;
    }
    this.#forgotten = revisionOf(this.#commits[first - 1]);
    this.#commits = this.#commits.slice(first);
    this.#changes = changes;
  }
}

function revisionOf(changes: readonly Change[] | undefined): number {
  return changes?.[0]?.revision ?? 0;
}
