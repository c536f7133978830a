import {
  type AnyCallOptions,
  type Call,
  type CallOptions,
  handled,
  type ObjectDescription,
  type Signatures,
} from '@patchbay/objects';

import { Batch, type BatchedCall, type BatchResults } from './batch.js';
import type { CallGroupOptions } from './call-group.js';
import type { StreamArgument } from './call-request.js';
import { CallSender } from './call-sender.js';
import { optionError } from './check-options.js';
import type { ObjectClientOptions } from './client-options.js';
import { Descriptions } from './descriptions.js';
import { fanOutObject, type FanOutObject, type FanOutOptions, type FindNames } from './fan-out.js';
import { remoteObject, type RemoteObject } from './remote-object.js';

/** Calls objects wherever its router finds them. Nothing is dialled before the first call. */
export class ObjectClient implements AsyncDisposable {
  readonly #sender: CallSender;
  readonly #descriptions: Descriptions;

  /** @throws RpcError `ARGUMENT_INVALID` for a wrong `spinUs`, `CONFIG_INVALID` for a wrong `keepalive` */
  constructor(options: ObjectClientOptions) {
    this.#sender = new CallSender(options);
    this.#descriptions = new Descriptions(this.#sender, options.router);
  }

  /** Returns an object whose methods can be called. Its type is that of its signatures; nothing is sent yet. */
  proxy<S extends Signatures>(object: string, options: CallOptions = {}): RemoteObject<S> {
    return remoteObject<S>(this.#sender, object, options);
  }

  /** Calls a method with positional arguments, the options last. */
  call(
    object: string,
    method: string,
    args: readonly unknown[],
    options: AnyCallOptions = {},
  ): Call<unknown, unknown> {
    return this.#sender.call(object, method, args, options);
  }

  /**
   * Calls a method with the arguments of a command line, which the server reads by the method's schema. An argument
   * that is a stream is read where the method takes one, and becomes text where it does not.
   */
  callWithArgv(
    object: string,
    method: string,
    argv: readonly (string | StreamArgument)[],
    options: AnyCallOptions = {},
  ): Call<unknown, unknown> {
    return this.#sender.callWithArgv(object, method, argv, options);
  }

  /** Returns a batch, whose calls its `run` sends together; the options apply to all of them. */
  batch(options?: CallOptions): Batch;
  /**
   * Sends the calls that `gather` returns together, and resolves to the result of each, by its own type.
   *
   * @throws RpcError `ARGUMENT_INVALID` for a wrong time limit
   */
  batch<const Calls extends readonly BatchedCall<unknown>[]>(
    gather: (batch: Batch) => Calls,
    options?: CallOptions,
  ): Promise<BatchResults<Calls>>;
  batch<const Calls extends readonly BatchedCall<unknown>[]>(
    first?: CallOptions | ((batch: Batch) => Calls),
    second?: CallOptions,
  ): Batch | Promise<BatchResults<Calls>> {
    if (typeof first !== 'function') {
      return new Batch(this.#group(first));
    }
    const batch = new Batch(this.#group(second));
    return batch.runOnly(first(batch));
  }

  /** Returns many objects that are called as one: those that are found when a method is called. */
  fanOut<S extends Signatures>(findNames: FindNames, options: FanOutOptions = {}): FanOutObject<S> {
    return fanOutObject<S>(findNames, this.#group(options), options);
  }

  /**
   * Returns the description of an object: what the caller may see of it, or on whose behalf it asks.
   *
   * @throws RpcError `OBJECT_NOT_FOUND`, `CONNECTION_LOST`, `DELEGATION_REFUSED`
   */
  describe(object: string, options: Pick<CallOptions, 'onBehalfOf'> = {}): Promise<ObjectDescription> {
    const wrong = optionError(undefined, options);
    return wrong === undefined
      ? this.#descriptions.of(object, options.onBehalfOf)
      : handled(Promise.reject(wrong));
  }

  /** Cancels what runs, and closes every connection. */
  close(): Promise<void> {
    return this.#sender.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #group({
    timeoutMs = this.#sender.timeoutMs,
    signal,
    correlationId,
    metadata,
    ...called
  }: CallOptions = {}): CallGroupOptions {
    const carried = {
      ...(correlationId === undefined ? {} : { correlationId }),
      ...(metadata === undefined ? {} : { metadata }),
    };
    return { caller: this.#sender, clock: this.#sender.clock, timeoutMs, signal, carried, called };
  }
}
