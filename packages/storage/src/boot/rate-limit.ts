import { type Clock } from '@patchbay/objects';

/** How much is let through. */
export interface Rate {
  /** How many may come at once. */
  readonly burst: number;
  /** How many may come in a second after that. */
  readonly perSecond: number;
}

interface Bucket {
  left: number;
  refusing: boolean;
  filledAtMs: number;
}

/** How many askers are remembered; the one who asked longest ago is forgotten first. */
const mostAskers = 4096;

/** Bounds how often each asker may ask: a bucket of tokens for each, filled as time passes. */
export class RateLimit {
  readonly #clock: Clock;
  readonly #rate: Rate;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock, rate: Rate) {
    this.#clock = clock;
    this.#rate = rate;
  }

  /** Says whether this asker may have an answer now; `first` is the first refusal after one that was granted. */
  take(asker: string): 'granted' | 'first-refusal' | 'refused' {
    const nowMs = this.#clock.monotonicMs();
    const { burst, perSecond } = this.#rate;
    const bucket = this.#buckets.get(asker) ?? { left: burst, refusing: false, filledAtMs: nowMs };
    this.#buckets.delete(asker);
    this.#buckets.set(asker, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > mostAskers && oldest !== undefined) {
      this.#buckets.delete(oldest);
    }
    bucket.left = Math.min(burst, bucket.left + ((nowMs - bucket.filledAtMs) / 1000) * perSecond);
    bucket.filledAtMs = nowMs;
    const wasRefusing = bucket.refusing;
    bucket.refusing = bucket.left < 1;
    if (bucket.refusing) {
      return wasRefusing ? 'refused' : 'first-refusal';
    }
    bucket.left -= 1;
    return 'granted';
  }
}
