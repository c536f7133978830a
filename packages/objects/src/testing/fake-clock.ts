import { setImmediate } from 'node:timers/promises';

import type { Clock, SleepOptions } from '../clock.js';

/** A clock that stands still until a test advances it. */
export class FakeClock implements Clock {
  /** Monotonic. */
  #nowMs = 0;
  #wallOffsetMs: number;
  readonly #sleepers = new Set<{ readonly wakesAtMs: number; readonly wake: () => void }>();

  constructor(nowMs = Date.UTC(2026, 0, 1)) {
    this.#wallOffsetMs = nowMs;
  }

  now(): number {
    return this.#nowMs + this.#wallOffsetMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  /** Sets the wall clock alone, as an operator or NTP does. */
  setWall(nowMs: number): void {
    this.#wallOffsetMs = nowMs - this.#nowMs;
  }

  /** Lets time pass without ending a sleep that is due, as while the process is stopped; then those that are due end. */
  async standStill(ms: number): Promise<void> {
    this.#nowMs += ms;
    await this.advance(0);
  }

  /** The number of pending sleeps. */
  get sleepers(): number {
    return this.#sleepers.size;
  }

  sleep(ms: number, { signal }: SleepOptions = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const abort = (): void => {
        this.#sleepers.delete(sleeper);
        reject(signal?.reason as Error);
      };
      const sleeper = {
        wakesAtMs: this.#nowMs + ms,
        wake: () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** Advances the time and ends the sleeps that are due, in order, including those that begin meanwhile. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      await settled();
      const next = [...this.#sleepers].sort((a, b) => a.wakesAtMs - b.wakesAtMs)[0];
      if (next === undefined || next.wakesAtMs > untilMs) {
        break;
      }
      this.#nowMs = Math.max(this.#nowMs, next.wakesAtMs);
      this.#sleepers.delete(next);
      next.wake();
    }
    this.#nowMs = untilMs;
    await settled();
  }
}

/** How many turns of the event loop what was woken up may take until it sleeps again. */
const turnsToSettle = 4;

/** Waits until the reactions of all settled promises have run, and what they leave to the next turns of the event loop. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < turnsToSettle; turn += 1) {
    await setImmediate();
  }
}
