import { coreError } from '../errors/core-errors.js';

/** Bounds how many calls of a method, or of an object, run at once. */
export class ConcurrencyLimit {
  readonly #what: 'method' | 'object';
  readonly #name: string;
  readonly #most: number;
  #running = 0;

  /** @param name names the method or object in the error */
  constructor(what: 'method' | 'object', name: string, most: number) {
    this.#what = what;
    this.#name = name;
    this.#most = most;
  }

  /** Takes a place, which is to be given back. @throws RpcError `CONCURRENCY_EXHAUSTED` */
  take(): void {
    if (this.#running >= this.#most) {
      const many = this.#most === 1 ? '1 call' : `${String(this.#most)} calls`;
      throw coreError(
        'CONCURRENCY_EXHAUSTED',
        `${many} of ${this.#what} ${this.#name} run already, as many as it allows at once; try again later`,
        { details: { limit: this.#what, maxConcurrent: this.#most } },
      );
    }
    this.#running++;
  }

  giveBack(): void {
    this.#running--;
  }
}

/** Makes the limit of a method or object; undefined where it has none. */
export function limitOf(
  what: 'method' | 'object',
  name: string,
  most: number | undefined,
): ConcurrencyLimit | undefined {
  return most === undefined ? undefined : new ConcurrencyLimit(what, name, most);
}

/** Takes a place of each limit, or none. @throws RpcError `CONCURRENCY_EXHAUSTED` */
export function takeAll(limits: readonly ConcurrencyLimit[]): void {
  for (const [index, limit] of limits.entries()) {
    try {
      limit.take();
    } catch (error) {
      limits.slice(0, index).forEach((taken) => {
        taken.giveBack();
      });
      throw error;
    }
  }
}
