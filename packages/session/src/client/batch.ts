import { coreError, makeProxy, type MethodSignature, type Signatures } from '@patchbay/objects';

import { CallGroup, type CallGroupOptions, type Settled } from './call-group.js';

declare const resultOf: unique symbol;

/** A call that a batch is to make. */
export interface BatchedCall<Result> {
  readonly object: string;
  readonly method: string;
  readonly args: readonly unknown[];
  /** Carries the type of the call's result; never set. */
  readonly [resultOf]?: Result;
}

/** An object whose methods add calls to a batch. */
export type BatchedObject<S extends Signatures> = {
  readonly [K in keyof S]: S[K] extends MethodSignature<infer Args, infer Result, unknown>
    ? (...args: Args) => BatchedCall<Result>
    : never;
};

/** The outcomes of a batch's calls, by their own types. */
export type BatchResults<Calls extends readonly BatchedCall<unknown>[]> = {
  readonly [Index in keyof Calls]: Calls[Index] extends BatchedCall<infer Result> ? Settled<Result> : never;
};

/** How many calls of a batch are in flight at most: half of what a server allows to one session. */
const maxInFlight = 512;

/** Gathers calls of any objects, and sends them together: those to one server in one message. */
export class Batch {
  readonly #options: CallGroupOptions;
  readonly #calls: BatchedCall<unknown>[] = [];
  #done = false;

  constructor(options: CallGroupOptions) {
    this.#options = options;
  }

  /** Returns an object whose methods add calls to this batch. What such a call yields is dropped. */
  proxy<S extends Signatures>(object: string): BatchedObject<S> {
    return makeProxy(`BatchedObject ${object}`, (method, args) => {
      this.#requireOpen();
      const call = { object, method, args };
      this.#calls.push(call);
      return call;
    }) as unknown as BatchedObject<S>;
  }

  /**
   * Sends the calls, and resolves to their outcomes in order; one that fails does not affect the others. They start in
   * order too, but run concurrently. A batch runs once.
   *
   * @throws RpcError `BATCH_DONE`, `ARGUMENT_INVALID` for a wrong time limit
   */
  run(): Promise<readonly Settled<unknown>[]> {
    return this.runOnly(this.#calls);
  }

  /** Sends these calls of the batch. @throws RpcError `BATCH_DONE`, `ARGUMENT_INVALID` */
  async runOnly<const Calls extends readonly BatchedCall<unknown>[]>(
    calls: Calls,
  ): Promise<BatchResults<Calls>> {
    this.#requireOpen();
    this.#done = true;
    using group = new CallGroup(this.#options);
    const results = new Array<Settled<unknown>>(calls.length);
    const rest = calls.entries();
    // Each takes the next call when its own has ended. The first of each start here and now: all in one message.
    const takeTurns = async (): Promise<void> => {
      for (const [index, { object, method, args }] of rest) {
        results[index] = await group.settle(object, method, args);
      }
    };
    await Promise.all(Array.from({ length: Math.min(maxInFlight, calls.length) }, takeTurns));
    return results as unknown as BatchResults<Calls>;
  }

  #requireOpen(): void {
    if (this.#done) {
      throw coreError('BATCH_DONE', 'this batch has already run; make another with client.batch()');
    }
  }
}
