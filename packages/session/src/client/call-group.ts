import {
  type Call,
  type CallOptions,
  type Clock,
  coreError,
  type RpcError,
  type TimeLimit,
} from '@patchbay/objects';

import { cancellation } from './cancellation.js';
import { timeoutError } from './check-options.js';
import type { Caller } from './remote-object.js';

/** The outcome of one call of several: an `RpcError` is the reason of one that was rejected. */
export type Settled<Result> = (
  | { readonly status: 'fulfilled'; readonly value: Result }
  | { readonly status: 'rejected'; readonly reason: RpcError }
) & {
  /** `host:port` of the server that the call was sent to; undefined where it was not sent. */
  readonly endpoint: string | undefined;
};

export interface CallGroupOptions {
  readonly caller: Caller;
  readonly clock: Clock;
  /** The time limit of all together, from now; undefined: each has the one that its method declares. */
  readonly timeoutMs: TimeLimit | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What every call carries. */
  readonly carried: Pick<CallOptions, 'correlationId' | 'metadata'>;
  /** What the calls of the objects carry beside that, and the search for them does not. */
  readonly called?: Pick<CallOptions, 'onBehalfOf'>;
}

/** Makes calls under one time limit and one signal; one that fails does not affect the others. */
export class CallGroup implements Disposable {
  readonly #options: CallGroupOptions;
  readonly #expiresAtMs: number;
  readonly #calls = new Set<Call<unknown, unknown>>();
  readonly #abort = new AbortController();
  /** Cancels the calls that run, and those that would start later. */
  readonly cancel = (reason?: unknown): void => {
    this.#abort.abort(reason);
    for (const call of this.#calls) {
      call.cancel(this.#abort.signal.reason);
    }
  };
  readonly #onAbort = (): void => {
    this.cancel(this.#options.signal?.reason);
  };

  /** @throws RpcError `ARGUMENT_INVALID` for a wrong time limit */
  constructor(options: CallGroupOptions) {
    const { clock, timeoutMs, signal } = options;
    const error = timeoutError(timeoutMs);
    if (error !== undefined) {
      throw error;
    }
    this.#options = options;
    this.#expiresAtMs = typeof timeoutMs === 'number' ? clock.monotonicMs() + timeoutMs : Infinity;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (signal?.aborted === true) {
      this.#onAbort();
    }
  }

  /** Returns the options for one more call: the time left, and the signal. @throws RpcError `CALL_CANCELLED`, `DEADLINE_PASSED` */
  rest(what: string): CallOptions {
    const leftMs = this.#expiresAtMs - this.#options.clock.monotonicMs();
    if (this.#abort.signal.aborted) {
      throw cancellation(what, this.#abort.signal.reason);
    }
    if (leftMs <= 0) {
      throw coreError('DEADLINE_PASSED', `the time limit passed before ${what} began`);
    }
    const timeoutMs = leftMs === Infinity ? this.#options.timeoutMs : leftMs;
    return { ...this.#options.carried, timeoutMs, signal: this.#abort.signal };
  }

  async settle(object: string, method: string, args: readonly unknown[]): Promise<Settled<unknown>> {
    let call: Call<unknown, unknown> | undefined;
    try {
      const { timeoutMs } = this.rest(`${object}.${method}`);
      const options = { ...this.#options.carried, ...this.#options.called, timeoutMs, inBatch: true };
      call = this.#options.caller.call(object, method, args, options);
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

  /** Stops listening to the signal: all calls have ended. */
  [Symbol.dispose](): void {
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
  }
}
