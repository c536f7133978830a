import { AsyncLocalStorage } from 'node:async_hooks';
import { z } from 'zod';

/** The one on whose behalf something is done. */
export const actor = z.object({
  /** The method that was called, or what part of the storage object does it by itself. */
  method: z.string(),
  /** The caller's end of the connection. */
  peer: z.string().optional(),
  /** Identifies the call in the logs of both sides. */
  callId: z.string().optional(),
  /** Identifies in the logs what the call belongs to. */
  correlationId: z.string().optional(),
});
export type Actor = z.infer<typeof actor>;

/** One for all catalogs of a process: each that was ever used makes every promise of the process slower. */
const running = new AsyncLocalStorage<{ readonly of: Actors; readonly by: Actor }>();

/**
 * Tracks on whose behalf the running work is done. Every write of the catalog records whom it is by, however many
 * functions are in between; they need not hand it on, and an operation that a caller begins and others join is its own.
 */
export class Actors {
  /** Who the running work is done for; undefined when nobody said. */
  get current(): Actor | undefined {
    const found = running.getStore();
    return found?.of === this ? found.by : undefined;
  }

  /** Does work, and all that it begins, on behalf of somebody. */
  run<T>(by: Actor, work: () => T): T {
    return running.run({ of: this, by }, work);
  }

  /** Lets a generator, whose steps others ask for, do all of them on behalf of somebody. */
  steps<T, R>(by: Actor, steps: AsyncGenerator<T, R, undefined>): AsyncGenerator<T, R, undefined> {
    const wrapped: AsyncGenerator<T, R, undefined> = {
      next: () => this.run(by, () => steps.next()),
      return: (value) => this.run(by, () => steps.return(value)),
      throw: (error) => this.run(by, () => steps.throw(error)),
      [Symbol.asyncIterator]: () => wrapped,
      [Symbol.asyncDispose]: async () => {
        await wrapped.return(undefined as R);
      },
    };
    return wrapped;
  }
}
