import { randomUUID } from 'node:crypto';

/** What an operation does, and to what: two that are equal in all three do the same. */
export interface OperationRequest {
  /** What no other operation may touch meanwhile, such as `node:node7`. */
  readonly resources: readonly [string, ...string[]];
  readonly kind: string;
  readonly parameters: unknown;
}

export interface OperationContext<Item> {
  readonly id: string;
  /** Aborts when every caller has left or the object closes: long work then stops and is undone. */
  readonly signal: AbortSignal;
  /** Reports progress to the callers; only the latest item is kept. */
  report(item: Item): void;
}

/**
 * An operation under way, on behalf of one or more callers. A caller that leaves does not interrupt it; only when all
 * have left may long work stop.
 */
export class Operation<T, Item = never> {
  readonly id = randomUUID();
  readonly request: OperationRequest;
  /** Fulfils when the operation has ended, successfully or not. */
  readonly ended: Promise<void>;
  readonly #controller = new AbortController();
  readonly #waiting = new Set<() => void>();
  #callers = 0;
  #latest: { readonly item: Item } | undefined;
  #outcome: { readonly value: T } | { readonly error: unknown } | undefined;

  constructor(request: OperationRequest, work: (context: OperationContext<Item>) => Promise<T>) {
    this.request = request;
    this.ended = this.#run(work);
  }

  /** Whether all its callers have left, so that it may be undoing what it did. */
  get abandoned(): boolean {
    return this.#controller.signal.aborted;
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** Joins as a caller: yields the latest report as it comes, and returns the result. */
  async *follow(signal: AbortSignal): AsyncGenerator<Item, T, undefined> {
    this.#callers += 1;
    const wake = (): void => {
      this.#wake();
    };
    signal.addEventListener('abort', wake, { once: true });
    try {
      let seen: { readonly item: Item } | undefined;
      while (this.#outcome === undefined) {
        signal.throwIfAborted();
        if (this.#latest !== undefined && this.#latest !== seen) {
          seen = this.#latest;
          yield seen.item;
        } else {
          await new Promise<void>((resolve) => this.#waiting.add(resolve));
        }
      }
      if ('error' in this.#outcome) {
        throw this.#outcome.error;
      }
      return this.#outcome.value;
    } finally {
      signal.removeEventListener('abort', wake);
      this.#callers -= 1;
      if (this.#callers === 0) {
        this.abort(signal.reason);
      }
    }
  }

  async #run(work: (context: OperationContext<Item>) => Promise<T>): Promise<void> {
    try {
      const value = await work({
        id: this.id,
        signal: this.#controller.signal,
        report: (item) => {
          this.#latest = { item };
          this.#wake();
        },
      });
      this.#outcome = { value };
    } catch (error) {
      this.#outcome = { error };
    }
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting) {
      resolve();
    }
    this.#waiting.clear();
  }
}
