const windowMs = 5000;

interface Sample {
  readonly atMs: number;
  readonly amount: number;
}

/** Measures how fast an amount grows, over the last five seconds. */
export class Rate {
  #samples: Sample[] = [];

  /** @param atMs a time that never jumps, in milliseconds */
  add(amount: number, atMs: number): void {
    this.#samples.push({ amount, atMs });
    // The newest sample that is older than the window stays, as its beginning.
    const begin = this.#samples.findLastIndex((each) => each.atMs <= atMs - windowMs);
    this.#samples = this.#samples.slice(Math.max(0, begin));
  }

  /** Gives the growth per second; undefined as long as it cannot be told, or where there is none. */
  perSecond(): number | undefined {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.atMs <= first.atMs || last.amount <= first.amount) {
      return undefined;
    }
    return ((last.amount - first.amount) * 1000) / (last.atMs - first.atMs);
  }
}
