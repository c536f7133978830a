import { isDeepStrictEqual } from 'node:util';

import { type Clock, coreError } from '@patchbay/objects';

import { storageError } from '../errors.js';
import { Operation, type OperationContext, type OperationRequest } from './operation.js';

const maintenance = 'maintenance';

/** An operation that has ended: undone with an error, or well. */
export interface EndedOperation {
  readonly request: OperationRequest;
  readonly error: unknown;
  readonly durationMs: number;
}

/** Who is told of operations, and by which clock they are timed. */
export interface OperationsWatch {
  readonly clock: Clock;
  /** Called for each operation but the reconciler's; must not throw. */
  readonly ended: (operation: EndedOperation) => void;
}

/**
 * The operations under way: one at a time on one thing, any number on different things. Whoever asks for what
 * is being done already joins it; whoever asks for something else on the same thing is refused, except that
 * callers wait for the reconciler, which is quick.
 */
export class Operations {
  readonly #running = new Map<string, Operation<unknown, unknown>>();
  readonly #watch: OperationsWatch | undefined;
  #closed = false;

  constructor(watch?: OperationsWatch) {
    this.#watch = watch;
  }

  /** Whether nothing is under way. */
  get idle(): boolean {
    return this.#running.size === 0;
  }

  /** Gives the id of the operation on a thing, if there is one. */
  current(thing: string): string | undefined {
    return this.#running.get(thing)?.id;
  }

  /**
   * Does the work, or joins the equal work that is under way, and gives its result. When the signal aborts the
   * caller no longer waits; the work ends by itself. @throws RpcError `OPERATION_PENDING`
   */
  async run<T>(
    request: OperationRequest,
    signal: AbortSignal,
    work: (context: OperationContext<never>) => Promise<T>,
  ): Promise<T> {
    const following = this.follow(request, signal, work);
    for (;;) {
      const step = await following.next();
      if (step.done === true) {
        return step.value;
      }
    }
  }

  /** As `run`, and yields what the work reports. */
  async *follow<T, Item>(
    request: OperationRequest,
    signal: AbortSignal,
    work: (context: OperationContext<Item>) => Promise<T>,
  ): AsyncGenerator<Item, T, undefined> {
    for (;;) {
      signal.throwIfAborted();
      const running = this.#running.get(request.thing);
      if (running === undefined) {
        return yield* this.#start(request, work).follow(signal);
      }
      if (running.request.kind === maintenance) {
        await running.ended;
      } else if (!running.abandoned && isDeepStrictEqual(running.request, request)) {
        // The work of an equal request gives the same type.
        return yield* (running as Operation<T, Item>).follow(signal);
      } else {
        throw pending(running);
      }
    }
  }

  /** Does the reconciler's work on a thing, unless an operation is under way there: then it gives `busy`. */
  async maintain<T>(thing: string, work: () => Promise<T>): Promise<T | 'busy'> {
    if (this.#running.has(thing)) {
      return 'busy';
    }
    return await this.run(
      { thing, kind: maintenance, parameters: undefined },
      new AbortController().signal,
      work,
    );
  }

  /** Lets long work on a thing stop, as if its callers had left, and waits until it has ended or is undone. */
  async interrupt(thing: string): Promise<void> {
    const running = this.#running.get(thing);
    if (running !== undefined && running.request.kind !== maintenance) {
      running.abort(
        coreError('CALL_CANCELLED', `${running.request.kind} was cancelled for another operation`),
      );
    }
    await running?.ended;
  }

  /** Refuses further operations, lets long work stop, and waits until every operation has ended or is undone. */
  async close(): Promise<void> {
    this.#closed = true;
    const running = [...this.#running.values()];
    for (const operation of running) {
      operation.abort(closing());
    }
    await Promise.all(running.map((operation) => operation.ended));
  }

  #start<T, Item>(
    request: OperationRequest,
    work: (context: OperationContext<Item>) => Promise<T>,
  ): Operation<T, Item> {
    if (this.#closed) {
      throw closing();
    }
    const operation = new Operation<T, Item>(request, async (context) => {
      try {
        return await this.#watched(request, () => work(context));
      } finally {
        this.#running.delete(request.thing);
      }
    });
    this.#running.set(request.thing, operation);
    return operation;
  }

  async #watched<T>(request: OperationRequest, work: () => Promise<T>): Promise<T> {
    const watch = this.#watch;
    if (watch === undefined || request.kind === maintenance) {
      return await work();
    }
    const startedMs = watch.clock.monotonicMs();
    let error: unknown;
    try {
      return await work();
    } catch (thrown) {
      error = thrown;
      throw thrown;
    } finally {
      watch.ended({ request, error, durationMs: watch.clock.monotonicMs() - startedMs });
    }
  }
}

function closing(): Error {
  return coreError('SERVER_DRAINING', 'the storage object is closing');
}

function pending({ id, request }: Operation<unknown, unknown>): Error {
  return storageError(
    'OPERATION_PENDING',
    `${request.kind} of ${request.thing.replace(':', ' ')} is under way; try again when it has ended`,
    { details: { operation: id, kind: request.kind, thing: request.thing } },
  );
}
