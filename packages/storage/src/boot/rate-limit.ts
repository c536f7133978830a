import type { Clock } from '@patchbay/objects';

/** The limit of each client. */
export interface Rate {
  /** How many requests may come at once. */
  readonly burst: number;
  /** How many more requests are allowed per second. */
  readonly perSecond: number;
}

interface Bucket {
  tokens: number;
  refusing: boolean;
  filledAtMs: number;
}

/** How many clients are tracked; the least recently seen is dropped first. */
const maxClients = 4096;

/** Limits the rate of requests of each client, by a token bucket for each. */
export class RateLimit {
  readonly #clock: Clock;
  readonly #rate: Rate;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock, rate: Rate) {
    this.#clock = clock;
    this.#rate = rate;
  }

  /** Decides whether a request of a client is served; `first-refusal` is the first one after a granted request. */
  take(client: string): 'granted' | 'first-refusal' | 'refused' {
    const nowMs = this.#clock.monotonicMs();
    const { burst, perSecond } = this.#rate;
    const bucket = this.#buckets.get(client) ?? { tokens: burst, refusing: false, filledAtMs: nowMs };
    this.#buckets.delete(client);
    this.#buckets.set(client, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > maxClients && oldest !== undefined) {
      this.#buckets.delete(oldest);
    }
    bucket.tokens = Math.min(burst, bucket.tokens + ((nowMs - bucket.filledAtMs) / 1000) * perSecond);
    bucket.filledAtMs = nowMs;
    const wasRefusing = bucket.refusing;
    bucket.refusing = bucket.tokens < 1;
    if (bucket.refusing) {
      return wasRefusing ? 'refused' : 'first-refusal';
    }
    bucket.tokens -= 1;
    return 'granted';
  }
}
