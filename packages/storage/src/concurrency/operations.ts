import { isDeepStrictEqual } from 'node:util';

import { type Clock, coreError } from '@patchbay/objects';

import { storageError } from '../errors.js';
import { Operation, type OperationContext, type OperationRequest } from './operation.js';

const maintenance = 'maintenance';

export interface EndedOperation {
  readonly request: OperationRequest;
  readonly error: unknown;
  readonly durationMs: number;
}

/** Who is told of operations, and the clock that times them. */
export interface OperationsObserver {
  readonly clock: Clock;
  /** Called for each operation except the reconciler's; must not throw. */
  readonly ended: (operation: EndedOperation) => void;
}

/**
 * The operations under way: one at a time on a resource, any number on different ones. An equal request joins the
 * operation that is under way; a different one on the same resource is refused, except that callers wait for the
 * reconciler, which is quick.
 */
export class Operations {
  readonly #running = new Map<string, Operation<unknown, unknown>>();
  readonly #observer: OperationsObserver | undefined;
  #closed = false;

  constructor(observer?: OperationsObserver) {
    this.#observer = observer;
  }

  get idle(): boolean {
    return this.#running.size === 0;
  }

  /** Returns the id of the operation on a resource, if there is one. */
  current(resource: string): string | undefined {
    return this.#running.get(resource)?.id;
  }

  /**
   * Does the work, or joins the equal work that is under way, and returns its result. When the signal aborts, the
   * caller stops waiting; the work ends by itself. @throws RpcError `OPERATION_PENDING`
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
      const resource = request.resources.find((each) => this.#running.has(each));
      const running = resource === undefined ? undefined : this.#running.get(resource);
      if (resource === undefined || running === undefined) {
        return yield* this.#start(request, work).follow(signal);
      }
      if (running.request.kind === maintenance) {
        await running.ended;
      } else if (!running.abandoned && isDeepStrictEqual(running.request, request)) {
        // The work of an equal request returns the same type.
        return yield* (running as Operation<T, Item>).follow(signal);
      } else {
        throw pending(running, resource);
      }
    }
  }

  /** Does the reconciler's work on a resource and returns its result; returns `busy` if an operation is under way. */
  async maintain<T>(resource: string, work: () => Promise<T>): Promise<T | 'busy'> {
    if (this.#running.has(resource)) {
      return 'busy';
    }
    return await this.run(
      { resources: [resource], kind: maintenance, parameters: undefined },
      new AbortController().signal,
      work,
    );
  }

  /** Stops long work on a resource, as if its callers had left, and waits until it has ended or is undone. */
  async interrupt(resource: string): Promise<void> {
    const running = this.#running.get(resource);
    if (running !== undefined && running.request.kind !== maintenance) {
      running.abort(
        coreError('CALL_CANCELLED', `${running.request.kind} was cancelled for another operation`),
      );
    }
    await running?.ended;
  }

  /** Refuses further operations, stops long work, and waits until every operation has ended or is undone. */
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
        return await this.#observed(request, () => work(context));
      } finally {
        for (const resource of request.resources) {
          this.#running.delete(resource);
        }
      }
    });
    for (const resource of request.resources) {
      this.#running.set(resource, operation);
    }
    return operation;
  }

  async #observed<T>(request: OperationRequest, work: () => Promise<T>): Promise<T> {
    const observer = this.#observer;
    if (observer === undefined || request.kind === maintenance) {
      return await work();
    }
    const startedMs = observer.clock.monotonicMs();
    let error: unknown;
    try {
      return await work();
    } catch (thrown) {
      error = thrown;
      throw thrown;
    } finally {
      observer.ended({ request, error, durationMs: observer.clock.monotonicMs() - startedMs });
    }
  }
}

function closing(): Error {
  return coreError('SERVER_DRAINING', 'the storage object is closing');
}

function pending({ id, request }: Operation<unknown, unknown>, resource: string): Error {
  return storageError(
    'OPERATION_PENDING',
    `${request.kind} of ${resource.replace(':', ' ')} is under way; try again when it has ended`,
    { details: { operation: id, kind: request.kind, resource } },
  );
}
