/** How many nonces of one key are kept in a generation. */
export const maxNonces = 200_000;

interface Generations {
  current: Set<string>;
  previous: Set<string>;
  /** When the current one began, on the monotonic clock. */
  beganAtMs: number;
}

/**
 * Remembers the nonces that were used, of each key by itself, for at least one period and at most two: those of a
 * generation are forgotten together.
 */
export class Nonces {
  readonly #periodMs: number;
  readonly #max: number;
  readonly #ofKey = new Map<string, Generations>();

  /** @param periodMs how long they must be known, in milliseconds */
  constructor(periodMs: number, max = maxNonces) {
    this.#periodMs = periodMs;
    this.#max = max;
  }

  /** Uses a nonce up: `used` where it was before, `full` where so many of its key are kept that it cannot be. */
  spend(key: string, nonce: string, nowMs: number): 'spent' | 'used' | 'full' {
    let kept = this.#ofKey.get(key);
    if (kept === undefined) {
      this.#forget(nowMs);
      kept = { current: new Set(), previous: new Set(), beganAtMs: nowMs };
      this.#ofKey.set(key, kept);
    } else if (nowMs - kept.beganAtMs >= this.#periodMs) {
      const isOver = nowMs - kept.beganAtMs >= 2 * this.#periodMs;
      kept.previous = isOver ? new Set() : kept.current;
      kept.current = new Set();
      kept.beganAtMs = nowMs;
    }
    if (kept.current.has(nonce) || kept.previous.has(nonce)) {
      return 'used';
    }
    if (kept.current.size >= this.#max) {
      return 'full';
    }
    kept.current.add(nonce);
    return 'spent';
  }

  /** Forgets the keys that were not used for so long that none of their nonces must be known. */
  #forget(nowMs: number): void {
    for (const [key, { beganAtMs }] of this.#ofKey) {
      if (nowMs - beganAtMs >= 2 * this.#periodMs) {
        this.#ofKey.delete(key);
      }
    }
  }
}
