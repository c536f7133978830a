import {
  type CallOptions,
  coreError,
  handled,
  makeProxy,
  type MethodSignature,
  type Signatures,
} from '@patchbay/objects';

import { ItemQueue } from '../protocol/item-queue.js';
import { callerError } from './caller-error.js';
import { CallGroup, type CallGroupOptions, type Settled } from './call-group.js';

/** The outcome of the call of one object. */
export type FanOutResult<Result> = Settled<Result> & { readonly name: string };

/**
 * A call of many objects: a promise of the outcomes in the order of their names, which can also be iterated for the
 * outcomes as they arrive. It rejects only if the names could not be found. Leaving the loop early cancels what runs.
 */
export interface FanOutCall<Result>
  extends Promise<readonly FanOutResult<Result>[]>, AsyncIterable<FanOutResult<Result>> {
  /** Cancels the calls that run, and those that would start later; the reason becomes their errors' `cause`. */
  cancel(reason?: unknown): void;
}

/** Many objects that are called as one. What a method yields is dropped. */
export type FanOutObject<S extends Signatures> = {
  readonly [K in keyof S]: S[K] extends MethodSignature<infer Args, infer Result, unknown>
    ? (...args: Args) => FanOutCall<Result>
    : never;
};

/** Options of a call of many objects. The time limit and the signal apply to all calls together. */
export interface FanOutOptions extends CallOptions {
  /** How many objects are called concurrently, 1 to 1024. Default: 64. */
  readonly concurrency?: number;
  /** Whether to reject with `OBJECT_NOT_FOUND` when there is no object to call. Default: false. */
  readonly requireMatch?: boolean;
}

/** Finds the names of the objects to call; `rest` returns the options, with the time left, of each request that it makes. */
export type FindNames = (rest: () => CallOptions) => AsyncIterable<string>;

/** Makes an object whose methods call all of the objects that are found at that time. */
export function fanOutObject<S extends Signatures>(
  findNames: FindNames,
  calls: CallGroupOptions,
  options: FanOutOptions,
): FanOutObject<S> {
  const start = (method: string, args: readonly unknown[]): FanOutCall<unknown> => {
    const queue = new ItemQueue({ bytes: Infinity, items: Infinity }, () => undefined);
    let cancelGroup: (reason?: unknown) => void = () => undefined;
    const callAll = async (): Promise<readonly FanOutResult<unknown>[]> => {
      try {
        using group = new CallGroup(calls);
        cancelGroup = group.cancel;
        const names = findNames(() => group.rest('the search for the objects'))[Symbol.asyncIterator]();
        const results = await callEach(names, concurrencyOf(options), async (name) => {
          const result = { name, ...(await group.settle(name, method, args)) };
          queue.push(result, 0);
          return result;
        });
        if (results.length === 0 && options.requireMatch === true) {
          throw coreError('OBJECT_NOT_FOUND', `no name matches, so there is no object to call ${method} of`);
        }
        queue.end(undefined);
        return results;
      } catch (error) {
        cancelGroup();
        queue.end(callerError(error));
        throw error;
      }
    };
    const cancel = (reason?: unknown): void => {
      cancelGroup(reason);
    };
    return Object.assign(handled(callAll()), {
      cancel,
      [Symbol.asyncIterator]: () => queue.read(cancel),
    }) as FanOutCall<unknown>;
  };
  return makeProxy('FanOutObject', start) as unknown as FanOutObject<S>;
}

/** Calls each of the names, so many concurrently, and returns the results in the order of the names. */
async function callEach<Result>(
  names: AsyncIterator<string>,
  concurrency: number,
  call: (name: string) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  let found = 0;
  const takeTurns = async (): Promise<void> => {
    for (let next = await names.next(); next.done !== true; next = await names.next()) {
      const index = found++;
      results[index] = await call(next.value);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, takeTurns));
  return results;
}

function concurrencyOf({ concurrency = 64 }: FanOutOptions): number {
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > 1024) {
    throw coreError('ARGUMENT_INVALID', `concurrency must be 1 to 1024, not ${String(concurrency)}`);
  }
  return concurrency;
}
