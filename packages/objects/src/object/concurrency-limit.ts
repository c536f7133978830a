import { coreError } from '../errors/core-errors.js';

/** Limits how many calls of a method or an object run at once. */
export class ConcurrencyLimit {
  readonly #what: 'method' | 'object';
  readonly #name: string;
  readonly #max: number;
  #running = 0;

  /** @param name names the method or object in the error */
  constructor(what: 'method' | 'object', name: string, max: number) {
    this.#what = what;
    this.#name = name;
    this.#max = max;
  }

  /** Requires a free slot. @throws RpcError `CONCURRENCY_EXHAUSTED` */
  check(): void {
    if (this.#running >= this.#max) {
      const many = this.#max === 1 ? '1 call' : `${String(this.#max)} calls`;
      throw coreError(
        'CONCURRENCY_EXHAUSTED',
        `${this.#what} ${this.#name} already runs ${many}, as many as it allows at once; try again later`,
        { details: { limit: this.#what, maxConcurrent: this.#max } },
      );
    }
  }

  /** Takes a slot, which must be released. */
  take(): void {
    this.#running++;
  }

  release(): void {
    this.#running--;
  }
}

/** Creates the limit of a method or object; undefined if it has none. */
export function limitOf(
  what: 'method' | 'object',
  name: string,
  max: number | undefined,
): ConcurrencyLimit | undefined {
  return max === undefined ? undefined : new ConcurrencyLimit(what, name, max);
}

/** Takes a slot of each limit, or none. @throws RpcError `CONCURRENCY_EXHAUSTED` */
export function takeAll(limits: readonly ConcurrencyLimit[]): void {
  for (const limit of limits) {
    limit.check();
  }
  for (const limit of limits) {
    limit.take();
  }
}
