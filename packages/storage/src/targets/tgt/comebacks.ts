import { type Clock } from '@patchbay/objects';

/**
 * How long an initiator that was cut off may take until it would come back at once again, in milliseconds. libiscsi,
 * and so QEMU, connects within a second, and then not again for 3 s; a cut in that time would last until its end.
 */
const settlingMs = 4000;

/** Remembers which initiators have just been cut off, so that none is cut off again before it can come back at once. */
export class Comebacks {
  readonly #clock: Clock;
  readonly #cutAtMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes note that the sessions of a target were cut, and that it is served again. */
  cut(iqn: string): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [each, atMs] of this.#cutAtMs) {
      if (nowMs - atMs > settlingMs) {
        this.#cutAtMs.delete(each);
      }
    }
    this.#cutAtMs.set(iqn, nowMs);
  }

  /** Waits until a cut of a target's sessions would be a short one. */
  async settled(iqn: string): Promise<void> {
    const sinceMs = this.#clock.monotonicMs() - (this.#cutAtMs.get(iqn) ?? -Infinity);
    if (sinceMs < settlingMs) {
      await this.#clock.sleep(settlingMs - sinceMs);
    }
  }
}
