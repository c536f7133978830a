import { type Clock } from '@patchbay/objects';

/** Remembers since when things have been without a record, so that only what stays so for a while is removed. */
export class Grace {
  readonly #clock: Clock;
  readonly #graceMs: number;
  #sinceMs = new Map<string, number>();

  constructor(clock: Clock, graceMs: number) {
    this.#clock = clock;
    this.#graceMs = graceMs;
  }

  /** Takes all that is without a record now, and gives what has been so, without a break, for the whole period. */
  expired(names: readonly string[]): ReadonlySet<string> {
    const nowMs = this.#clock.monotonicMs();
    this.#sinceMs = new Map(names.map((name) => [name, this.#sinceMs.get(name) ?? nowMs]));
    return this.foresee(names);
  }

  /** Gives what `expired` would give now, and remembers nothing. */
  foresee(names: readonly string[]): ReadonlySet<string> {
    const nowMs = this.#clock.monotonicMs();
    return new Set(names.filter((name) => nowMs - (this.#sinceMs.get(name) ?? nowMs) >= this.#graceMs));
  }
}
