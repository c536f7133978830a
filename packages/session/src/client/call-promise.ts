import {
  type Call,
  type CallMetadata,
  readable,
  reservedMethodNames,
  type RpcError,
} from '@patchbay/objects';

export interface PromisedCall {
  readonly callId: string;
  readonly endpoint: string | undefined;
  readonly responseMetadata: CallMetadata;
  readonly released: Promise<RpcError | undefined>;
  cancel(reason?: unknown): void;
  /** Notes that the result is awaited, so that items which nobody reads need not be kept. */
  dropItemsUnlessRead(): void;
  readItems(): AsyncIterator<unknown, undefined>;
  pipeline(method: string, args: readonly unknown[], isRead: boolean): Call<unknown, unknown>;
}

// The methods of the object that a call returns can be called at once. Their names are not known here, so every
// property that a call does not have is taken for one. Standing behind the class, this costs a plain call nothing.
const pipelining = new Proxy(Object.create(Promise.prototype) as object, {
  get: (target, property, receiver) => {
    if (typeof property !== 'string' || property in target || reservedMethodNames.has(property)) {
      return Reflect.get(target, property, receiver) as unknown;
    }
    const call = CallPromise.callOf(receiver as CallPromise);
    return readable(
      (...args: unknown[]) => call.pipeline(property, args, false),
      () => call.pipeline(property, [], true),
    );
  },
});

/** What a caller holds of its call: a promise of the result, and the items on the way there. */
export class CallPromise extends Promise<unknown> implements Call<unknown, unknown> {
  // `then` returns a plain promise, not another call.
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  static {
    Object.setPrototypeOf(this.prototype, pipelining);
  }

  readonly #call: PromisedCall;

  constructor(
    call: PromisedCall,
    executor: (resolve: (result: unknown) => void, reject: (error: Error) => void) => void,
  ) {
    super(executor);
    this.#call = call;
  }

  static callOf(promise: CallPromise): PromisedCall {
    return promise.#call;
  }

  get callId(): string {
    return this.#call.callId;
  }

  get endpoint(): string | undefined {
    return this.#call.endpoint;
  }

  get responseMetadata(): CallMetadata {
    return this.#call.responseMetadata;
  }

  get released(): Promise<RpcError | undefined> {
    return this.#call.released;
  }

  override then<A = unknown, B = never>(
    onResult?: ((result: unknown) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#call.dropItemsUnlessRead();
    return Promise.prototype.then.call(this, onResult, onError) as Promise<A | B>;
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown, undefined> {
    return this.#call.readItems();
  }

  cancel(reason?: unknown): void {
    this.#call.cancel(reason);
  }
}
