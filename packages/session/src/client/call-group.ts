import { type Call, type CallOptions, type Clock, coreError, type RpcError } from '@patchbay/objects';

import { type Caller } from './remote-object.js';
import { wrongTimeout } from './time-limit.js';

/** How one call of several ended, and where: an `RpcError` is the reason of one that was rejected. */
export type Settled<Result> = (
  | { readonly status: 'fulfilled'; readonly value: Result }
  | { readonly status: 'rejected'; readonly reason: RpcError }
) & {
  /** `host:port` of the server that the call went to; undefined where it did not go out. */
  readonly endpoint: string | undefined;
};

/** What the calls of a group have in common. */
export interface CallGroupOptions {
  readonly caller: Caller;
  readonly clock: Clock;
  /** The time limit of all together, in milliseconds, from now on. */
  readonly timeoutMs: number | 'none';
  /** Cancels those that run, and those that would begin later. */
  readonly signal?: AbortSignal | undefined;
}

/** Calls under one time limit and one signal, each of which ends by itself. */
export class CallGroup implements Disposable {
  readonly #options: CallGroupOptions;
  readonly #expiresAtMs: number;
  readonly #calls = new Set<Call<unknown, unknown>>();
  readonly #abort = new AbortController();
  readonly #cancel = (): void => {
    this.cancel();
  };

  /** @throws RpcError `ARGUMENT_INVALID` for a wrong time limit */
  constructor(options: CallGroupOptions) {
    const { clock, timeoutMs, signal } = options;
    const wrong = wrongTimeout(timeoutMs);
    if (wrong !== undefined) {
      throw wrong;
    }
    this.#options = options;
    this.#expiresAtMs = timeoutMs === 'none' ? Infinity : clock.monotonicMs() + timeoutMs;
    signal?.addEventListener('abort', this.#cancel, { once: true });
    if (signal?.aborted === true) {
      this.cancel();
    }
  }

  /** Gives what is left for one more call: of the time, and the signal. @throws RpcError when nothing is */
  rest(what: string): CallOptions {
    const leftMs = this.#expiresAtMs - this.#options.clock.monotonicMs();
    if (this.#abort.signal.aborted) {
      throw coreError('CALL_CANCELLED', `${what} was cancelled before it began`);
    }
    if (leftMs <= 0) {
      throw coreError('DEADLINE_PASSED', `the time was over before ${what} began`);
    }
    return { timeoutMs: leftMs === Infinity ? 'none' : leftMs, signal: this.#abort.signal };
  }

  /** Makes a call at once, and tells how it ended. */
  async settle(object: string, method: string, args: readonly unknown[]): Promise<Settled<unknown>> {
    let call: Call<unknown, unknown> | undefined;
    try {
      const { timeoutMs = 'none' } = this.rest(`${object}.${method}`);
      call = this.#options.caller.call(object, method, args, { timeoutMs, inBatch: true });
      this.#calls.add(call);
      return { status: 'fulfilled', value: await call, endpoint: call.endpoint };
    } catch (error) {
      return { status: 'rejected', reason: error as RpcError, endpoint: call?.endpoint };
    } finally {
      if (call !== undefined) {
        this.#calls.delete(call);
      }
    }
  }

  /** Cancels the calls that run, and those that would begin later. */
  cancel(): void {
    this.#abort.abort();
    for (const call of this.#calls) {
      call.cancel();
    }
  }

  /** Lets go of the signal: all calls have ended. */
  [Symbol.dispose](): void {
    this.#options.signal?.removeEventListener('abort', this.#cancel);
  }
}
