import type { CallRecord } from './record.js';

/** How many calls wait for a slow reader. */
const maxWaiting = 1_000;

interface Follower {
  readonly matches: (record: CallRecord) => boolean;
  readonly waiting: { readonly record: CallRecord; readonly missed: number }[];
  missed: number;
  wake: () => void;
}

/** Shows calls to those who follow the log. A slow one misses some, and is told how many. */
export class Followers {
  readonly #all = new Set<Follower>();

  /** Shows a call to all of them. */
  show(record: CallRecord): void {
    for (const follower of this.#all) {
      if (!follower.matches(record)) {
        continue;
      }
      if (follower.waiting.length >= maxWaiting) {
        follower.missed++;
        continue;
      }
      follower.waiting.push({ record, missed: follower.missed });
      follower.missed = 0;
      follower.wake();
    }
  }

  /** Yields calls from now on, until the signal aborts. */
  async *follow(
    matches: (record: CallRecord) => boolean,
    signal: AbortSignal,
  ): AsyncGenerator<{ readonly record: CallRecord; readonly missed: number }, void, undefined> {
    const follower: Follower = { matches, waiting: [], missed: 0, wake: () => undefined };
    const stop = (): void => {
      follower.wake();
    };
    signal.addEventListener('abort', stop, { once: true });
    this.#all.add(follower);
    try {
      while (!signal.aborted) {
        const next = follower.waiting.shift();
        if (next !== undefined) {
          yield next;
          continue;
        }
        await new Promise<void>((resolve) => {
          follower.wake = resolve;
        });
      }
    } finally {
      this.#all.delete(follower);
      signal.removeEventListener('abort', stop);
    }
  }
}
