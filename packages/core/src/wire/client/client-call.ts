import { type Call } from '../../call.js';
import { type Expiring } from '../../deadlines.js';
import { coreError } from '../../errors/core-errors.js';
import { type RpcError } from '../../errors/rpc-error.js';
import { type Arguments } from '../session/frame.js';
import { ItemQueue } from './item-queue.js';

/** What a call asks for. */
export interface CallRequest {
  readonly object: string;
  readonly method: string;
  readonly input: Arguments;
}

/** What carries a call at the moment: a session, or whatever prepares one. */
export interface CallCarrier {
  /** Stops carrying the call because its caller no longer waits. */
  abandon(call: ClientCall): void;
  /** Lets the server send this many more bytes of the call's items. */
  grant(call: ClientCall, bytes: number): void;
}

/** A call from its making to its end, over whatever session carries it. */
export class ClientCall extends Promise<unknown> implements Call<unknown, unknown>, Expiring {
  // What `then` returns is a plain promise, not another call.
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  readonly request: CallRequest;
  readonly number: number;
  readonly expiresAtMs: number;
  /** Set by whoever carries the call. */
  carrier: CallCarrier | undefined;
  endpoint: string | undefined;
  /**
   * How far the call got: `unsent` calls may begin elsewhere; `sent` ones may have run; of `answered` ones the
   * caller has seen something.
   */
  progress: 'unsent' | 'sent' | 'answered' = 'unsent';
  /** How often it was sent on its way. */
  attempts = 0;
  #ended = false;
  #awaited = false;
  #items: ItemQueue | undefined;
  readonly #client: string;
  readonly #resolve: (result: unknown) => void;
  readonly #reject: (error: RpcError) => void;
  readonly #onEnd: (call: ClientCall) => void;
  #forgetSignal: (() => void) | undefined;

  constructor(
    request: CallRequest,
    identity: { readonly client: string; readonly number: number; readonly expiresAtMs: number },
    onEnd: (call: ClientCall) => void,
  ) {
    let resolve: ((result: unknown) => void) | undefined;
    let reject: ((error: RpcError) => void) | undefined;
    super((onResult, onError) => {
      resolve = onResult;
      reject = onError;
    });
    this.#resolve = resolve as unknown as (result: unknown) => void;
    this.#reject = reject as unknown as (error: RpcError) => void;
    this.request = request;
    this.#client = identity.client;
    this.number = identity.number;
    this.expiresAtMs = identity.expiresAtMs;
    this.#onEnd = onEnd;
  }

  get callId(): string {
    return `${this.#client}-${String(this.number)}`;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Cancels the call when the signal aborts, and lets go of the signal when the call has ended. */
  cancelOn(signal: AbortSignal): void {
    const cancel = (): void => {
      this.cancel();
    };
    signal.addEventListener('abort', cancel, { once: true });
    this.#forgetSignal = () => {
      signal.removeEventListener('abort', cancel);
    };
    if (signal.aborted) {
      this.cancel();
    }
  }

  override then<A = unknown, B = never>(
    onResult?: ((result: unknown) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#awaited = true;
    this.#items?.dropUnlessRead();
    return super.then(onResult, onError);
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown, undefined> {
    // The iterator reports the failure, so that the promise need not be awaited as well.
    super.then(undefined, () => undefined);
    return this.#itemQueue().read(() => {
      this.cancel();
    });
  }

  cancel(): void {
    // Whoever cancels knows the outcome, and need not await it.
    super.then(undefined, () => undefined);
    this.#abandon(() =>
      coreError('CALL_CANCELLED', `${this.#title()} was cancelled by its caller`, { callId: this.callId }),
    );
  }

  expire(): void {
    this.#abandon(() =>
      coreError('DEADLINE_PASSED', `${this.#title()} did not finish in time`, { callId: this.callId }),
    );
  }

  /** Takes an item that the method yielded; `bytes` is what it counts against the item window. */
  deliver(item: unknown, bytes: number): void {
    this.progress = 'answered';
    if (!this.#ended) {
      this.#itemQueue().push(item, bytes);
    }
  }

  succeed(result: unknown): void {
    if (this.#end()) {
      this.#resolve(result);
      this.#items?.end(undefined);
    }
  }

  fail(error: RpcError): void {
    if (this.#end()) {
      this.#reject(error);
      this.#items?.end(error);
    }
  }

  #abandon(makeError: () => RpcError): void {
    if (!this.#ended) {
      const carrier = this.carrier;
      this.fail(makeError());
      carrier?.abandon(this);
    }
  }

  #end(): boolean {
    if (this.#ended) {
      return false;
    }
    this.#ended = true;
    this.#onEnd(this);
    this.#forgetSignal?.();
    return true;
  }

  #itemQueue(): ItemQueue {
    if (this.#items === undefined) {
      this.#items = new ItemQueue((bytes) => {
        if (!this.#ended) {
          this.carrier?.grant(this, bytes);
        }
      });
      if (this.#awaited) {
        this.#items.dropUnlessRead();
      }
    }
    return this.#items;
  }

  #title(): string {
    return `${this.request.object}.${this.request.method}`;
  }
}
