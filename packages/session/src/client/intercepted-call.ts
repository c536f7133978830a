import {
  type CallInfo,
  type CallMetadata,
  coreError,
  intercepted,
  type Interceptor,
  type ItemHook,
  ItemHooks,
  logCalls,
  type Deferred,
  type RpcError,
  type TimeLimit,
  withMetadata,
} from '@patchbay/objects';

import { decodePayload } from '../protocol/decode-payload.js';
import { callerError } from './caller-error.js';
import { type CallHost, type CallRequest, ClientCall } from './client-call.js';
import type { ObjectClientOptions } from './client-options.js';

/** Returns the interceptors of a client, the log of its calls among them; undefined for none. */
export function interceptorsOf(options: ObjectClientOptions): readonly Interceptor[] | undefined {
  const { clock, log, interceptors = [] } = options;
  const all = log === undefined ? interceptors : [logCalls({ log, clock, level: 'debug' }), ...interceptors];
  return all.length === 0 ? undefined : all;
}

/** A call whose answer reaches its caller through interceptors. */
export class InterceptedCall extends ClientCall implements CallInfo {
  readonly side = 'client';
  readonly caller = undefined;
  readonly #interceptors: readonly Interceptor[];
  #metadata: CallMetadata | undefined;
  #launched = false;
  #hooks: ItemHooks | undefined;
  /** What the interceptors wait for, from the call's launch until its answer. */
  #outcome: Deferred | undefined;
  #answer: { readonly error: RpcError | undefined } | undefined;

  constructor(
    request: CallRequest,
    timeoutMs: TimeLimit | undefined,
    host: CallHost,
    interceptors: readonly Interceptor[],
  ) {
    super(request, timeoutMs, host);
    this.#interceptors = interceptors;
  }

  /** Runs the interceptors around the call, which `launch` sends when they proceed. */
  run(launch: () => void): void {
    const start = (): Promise<unknown> =>
      new Promise((resolve, reject) => {
        if (this.#answer?.error !== undefined) {
          reject(this.#answer.error); // it was cancelled, or expired, before they proceeded
          return;
        }
        this.#outcome = { resolve, reject };
        this.#launched = true;
        launch();
      });
    intercepted(this.#interceptors, this, start).then(
      (result) => {
        super.succeed(result);
        this.#abandonUnanswered();
      },
      (error: unknown) => {
        super.fail(callerError(error));
        this.#abandonUnanswered();
      },
    );
  }

  /** Whether the server has answered, or the call was given up: then nothing more is sent for it. */
  override get ended(): boolean {
    return this.#answer !== undefined || super.ended;
  }

  get object(): string {
    return this.request.object;
  }

  get method(): string {
    return this.request.method;
  }

  get arguments(): readonly unknown[] {
    const { input } = this.request;
    if ('words' in input) {
      return input.words;
    }
    // Exports are named only: reading a stream would consume it.
    return (decodePayload(input.values, ({ kind }) => `<${kind}>`) ?? []) as readonly unknown[];
  }

  override get metadata(): CallMetadata {
    return this.#metadata ?? super.metadata;
  }

  addMetadata(added: CallMetadata): void {
    if (this.#launched) {
      throw coreError('METADATA_INVALID', 'metadata can be added to a call only before it is sent');
    }
    this.#metadata = withMetadata(this.metadata, added);
  }

  replaceArguments(): void {
    throw coreError(
      'ARGUMENT_INVALID',
      'a client has encoded the arguments of a call: replace them at the server',
    );
  }

  addResponseMetadata(added: CallMetadata): void {
    this.responseMetadata = withMetadata(this.responseMetadata, added);
  }

  onItem(hook: ItemHook): void {
    (this.#hooks ??= new ItemHooks()).add(hook);
  }

  override deliver(item: unknown, bytes: number): void {
    super.deliver(this.#hooks === undefined ? item : this.#hooks.apply(item), bytes);
  }

  override succeed(result: unknown): void {
    this.#take(undefined)?.resolve(result);
  }

  override fail(error: RpcError): void {
    const outcome = this.#take(error);
    if (outcome === undefined) {
      super.fail(error); // the interceptors have not proceeded yet, or take too long
    } else {
      outcome.reject(error);
    }
  }

  #take(error: RpcError | undefined): Deferred | undefined {
    const outcome = this.#outcome;
    this.#outcome = undefined;
    this.#answer ??= { error };
    this.outcome ??= error;
    return outcome;
  }

  /** Abandons a call in flight when the interceptors have answered in its place. */
  #abandonUnanswered(): void {
    if (this.#outcome !== undefined) {
      this.#outcome = undefined;
      this.carrier?.abandon(this);
    }
  }
}
