import { type Clock, coreError, isRpcError } from '@patchbay/objects';

/** How long to wait before each further attempt, in milliseconds, give or take half; the last one repeats. */
const pausesMs = [100, 250, 500, 1_000, 2_000, 3_000];

/** How long what is followed may be out of reach by default, in milliseconds. */
export const defaultPatienceMs = 120_000;

/** Waits for an object that is out of reach for a while, as when its server restarts. */
export class Patience {
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;
  readonly #limitMs: number;
  #attempt = 0;
  #sinceMs: number | undefined;
  /** Whether the object was there: one that is not registered then is away, not unknown. */
  #wasThere = false;

  /** @param limitMs how long it may be out of reach */
  constructor(clock: Clock, signal?: AbortSignal, limitMs = defaultPatienceMs) {
    this.#clock = clock;
    this.#signal = signal;
    this.#limitMs = limitMs;
  }

  /** Notes that the object answered. */
  answered(): void {
    this.#attempt = 0;
    this.#sinceMs = undefined;
    this.#wasThere = true;
  }

  /** Waits before the next attempt. @throws the error, if it is not of that kind, or the patience is at its end */
  async afterFailure(error: unknown): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    this.#sinceMs ??= nowMs;
    const isUnavailable = isRpcError(error) && error.code === 'UNAVAILABLE';
    const isAway = isUnavailable || (this.#wasThere && isRpcError(error, 'OBJECT_NOT_FOUND'));
    if (!isAway || nowMs - this.#sinceMs >= this.#limitMs) {
      throw error;
    }
    this.#wasThere = true;
    const pauseMs = pausesMs[Math.min(this.#attempt++, pausesMs.length - 1)] ?? 0;
    try {
      await this.#clock.sleep(pauseMs * (0.5 + Math.random()), { signal: this.#signal });
    } catch {
      throw coreError('CALL_CANCELLED', 'cancelled while the object was out of reach', { cause: error });
    }
  }
}

/** Makes a request again until it is answered: one that has the same effect if it is made twice. @throws RpcError of the request */
export async function persistently<T>(patience: Patience, request: () => PromiseLike<T>): Promise<T> {
  for (;;) {
    try {
      return await request();
    } catch (error) {
      await patience.afterFailure(error);
    }
  }
}
