import type { Clock } from '../clock.js';
import type { Interceptor } from './interceptor.js';

/** How often a method was called, and how long the calls took. */
export interface MethodTiming {
  /** `object.method`. */
  readonly name: string;
  /** Calls that have ended, including those that failed. */
  readonly calls: number;
  readonly failed: number;
  readonly totalMs: number;
  readonly longestMs: number;
}

type Counted = { -readonly [K in keyof MethodTiming]: MethodTiming[K] };

/** The most methods that are counted separately: on the client's side callers can name any. */
const maxMethods = 1_000;

/** Measures calls by method. */
export class CallTimings implements Iterable<MethodTiming> {
  readonly #clock: Clock;
  readonly #methods = new Map<string, Counted>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The interceptor that measures; pass it to a server or a client. */
  readonly interceptor: Interceptor = ({ object, method }, next) => {
    const beganMs = this.#clock.monotonicMs();
    return next().then(
      (result) => {
        this.#count(`${object}.${method}`, beganMs, 0);
        return result;
      },
      (error: unknown) => {
        this.#count(`${object}.${method}`, beganMs, 1);
        throw error;
      },
    );
  };

  /** Iterates over the timings of the methods that were called. */
  [Symbol.iterator](): IterableIterator<MethodTiming> {
    return this.#methods.values();
  }

  #count(called: string, beganMs: number, failed: 0 | 1): void {
    const known = this.#methods.has(called) || this.#methods.size < maxMethods;
    const name = known ? called : 'others';
    let counted = this.#methods.get(name);
    if (counted === undefined) {
      counted = { name, calls: 0, failed: 0, totalMs: 0, longestMs: 0 };
      this.#methods.set(name, counted);
    }
    const ms = this.#clock.monotonicMs() - beganMs;
    counted.calls++;
    counted.failed += failed;
    counted.totalMs += ms;
    counted.longestMs = Math.max(counted.longestMs, ms);
  }
}
