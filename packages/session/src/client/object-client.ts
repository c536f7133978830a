import {
  type AnyCallOptions,
  type Call,
  type CallOptions,
  type Clock,
  Deadlines,
  defaultTimeoutMs,
  type Interceptor,
  type ObjectDescription,
  type Signatures,
  toRpcError,
} from '@patchbay/objects';

import { defaultMaxFrameBytes } from '../protocol/outbox.js';
import { Spin } from '../protocol/spin.js';
import { Batch, type BatchedCall, type BatchResults } from './batch.js';
import { type CallGroupOptions } from './call-group.js';
import { type CallHost, ClientCall } from './client-call.js';
import { randomClientId } from './client-id.js';
import { ClientSession } from './client-session.js';
import { type CallPromise } from './call-promise.js';
import { type PreparedRequest, requestOf, type StreamedWord, wordsRequestOf } from './call-request.js';
import { Descriptions } from './descriptions.js';
import { fanOutObject, type FanOutObject, type FanOutOptions, type FindNames } from './fan-out.js';
import { callOf, InterceptedCall, interceptorsOf } from './intercepted-call.js';
import { type ObjectHandle } from './object-handle.js';
import { launchOn } from './pipeline.js';
import { remoteObject, type RemoteObject } from './remote-object.js';
import { Retries } from './retries.js';
import { RetryBudget } from './retry-budget.js';
import { type ObjectClientOptions } from './client-options.js';
import { type Router } from './router.js';
import { defaultOpenTimeoutMs, SessionPool } from './session-pool.js';
import { leftMs } from './time-limit.js';
import { wrongOption } from './wrong-option.js';

/** Calls objects wherever its router says that they live. */
export class ObjectClient implements CallHost, AsyncDisposable {
  readonly #clock: Clock;
  readonly #router: Router;
  readonly #timeoutMs: number | 'none';
  readonly #deadlines: Deadlines;
  readonly id = randomClientId();
  readonly #pool: SessionPool;
  readonly #descriptions: Descriptions;
  readonly #retries: Retries;
  readonly #spin: Spin | undefined;
  readonly #interceptors: readonly Interceptor[] | undefined;
  #calls = 0;

  constructor(options: ObjectClientOptions) {
    this.#clock = options.clock;
    this.#router = options.router;
    this.#interceptors = interceptorsOf(options);
    const { transport } = options;
    this.#descriptions = new Descriptions(options.router, transport);
    this.#timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
    this.#deadlines = new Deadlines(options.clock);
    this.#retries = new Retries({
      clock: options.clock,
      router: options.router,
      log: options.log,
      budget: new RetryBudget(options.clock, () => this.#calls, options.retryBudget),
      launch: (call) => {
        this.#launch(call);
      },
      send: (call, address) => {
        this.#send(call, address);
      },
    });
    this.#spin = Spin.of(options.spinUs, () => this.#deadlines.size > 0);
    const { maxFrameBytes = defaultMaxFrameBytes, openTimeoutMs = defaultOpenTimeoutMs } = options;
    const own = { client: this.id, maxFrameBytes, openTimeoutMs };
    this.#pool = new SessionPool(transport, own, (call, error, address) => {
      this.#retries.take(call, error, address);
    });
  }

  /** Gives an object whose methods can be called. Its type is that of its signatures; nothing is sent yet. */
  proxy<S extends Signatures>(object: string, options: CallOptions = {}): RemoteObject<S> {
    return remoteObject<S>(this, object, options);
  }

  /** Calls a method with positional arguments, the options last. */
  call(
    object: string,
    method: string,
    args: readonly unknown[],
    options: AnyCallOptions = {},
  ): Call<unknown, unknown> {
    return this.#begin(requestOf(object, method, args, options));
  }

  /** Calls a method of an object that was handed out, or of the one that a call gives, which need not be there yet. */
  callOn(
    target: ObjectHandle | ClientCall,
    method: string,
    args: readonly unknown[],
    options: CallOptions,
  ): Call<unknown, unknown> {
    const label = target instanceof ClientCall ? `${target.title}()` : target.label;
    return this.#begin(requestOf(label, method, args, options, target));
  }

  /**
   * Calls a method with the words of a command line, which the server reads by the method's schema. A word that is a
   * stream is read where the method takes one, and is the text of the word where it does not.
   */
  callWithWords(
    object: string,
    method: string,
    words: readonly (string | StreamedWord)[],
    options: AnyCallOptions = {},
  ): Call<unknown, unknown> {
    return this.#begin(wordsRequestOf(object, method, words, options));
  }

  /** Gathers calls that are sent together by its `run`; the options are of all together. Nothing is sent before. */
  batch(options?: CallOptions): Batch;
  /**
   * Sends the calls together that `gather` returns, and tells how each ended, by its own type.
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

  /** Gives many objects that are called as one: those that are found when a method is called. */
  fanOut<S extends Signatures>(findNames: FindNames, options: FanOutOptions = {}): FanOutObject<S> {
    return fanOutObject<S>(findNames, this.#group(options), options);
  }

  /** Tells what an object can do. @throws RpcError `OBJECT_NOT_FOUND`, `CONNECTION_LOST` */
  describe(object: string): Promise<ObjectDescription> {
    return this.#descriptions.of(object);
  }

  /** Cancels what runs, and closes every connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#retries.close();
    await this.#pool[Symbol.asyncDispose]();
    this.#deadlines.close();
  }

  /** Takes note that a call has ended. */
  ended(call: ClientCall): void {
    this.#deadlines.delete(call);
  }

  nextNumber(): number {
    return ++this.#calls;
  }

  #group({ timeoutMs = this.#timeoutMs, signal }: CallOptions = {}): CallGroupOptions {
    return { caller: this, clock: this.#clock, timeoutMs, signal };
  }

  #begin({ request, wrong }: PreparedRequest): CallPromise {
    const { signal, timeoutMs = this.#timeoutMs, correlationId } = request.options;
    const expiresAtMs = timeoutMs === 'none' ? Infinity : this.#deadlines.expiryOf(timeoutMs);
    const call = callOf(request, expiresAtMs, this, this.#interceptors);
    const error = wrong ?? wrongOption(timeoutMs, correlationId);
    if (error !== undefined) {
      call.fail(error);
      return call.promise;
    }
    this.#deadlines.add(call);
    if (signal !== undefined) {
      call.cancelOn(signal);
    }
    if (call instanceof InterceptedCall) {
      call.run(() => {
        this.#launch(call);
      });
    } else {
      this.#launch(call);
    }
    return call.promise;
  }

  #launch(call: ClientCall): void {
    if (call.ended) {
      return;
    }
    const { target } = call.request;
    if (target !== undefined) {
      launchOn(call, target, (session) => {
        this.#carry(call, session);
      });
      return;
    }
    try {
      const address = this.#router.route(call.request.object);
      if (typeof address === 'string') {
        this.#send(call, address);
      } else {
        address.then(
          (found) => {
            try {
              this.#send(call, found);
            } catch (error) {
              call.fail(toRpcError(error));
            }
          },
          (error: unknown) => {
            call.fail(toRpcError(error));
          },
        );
      }
    } catch (error) {
      call.fail(toRpcError(error));
    }
  }

  #send(call: ClientCall, address: string): void {
    if (call.ended) {
      return;
    }
    const session = this.#pool.session(address);
    if (session instanceof ClientSession) {
      this.#carry(call, session);
      return;
    }
    session.then(
      (opened) => {
        this.#carry(call, opened);
      },
      (error: unknown) => {
        this.#retries.take(call, toRpcError(error), address);
      },
    );
  }

  #carry(call: ClientCall, session: ClientSession): void {
    if (!call.ended) {
      call.endpoint = session.address;
      const limited = call.expiresAtMs !== Infinity;
      session.carry(call, limited ? leftMs(call.expiresAtMs - this.#clock.monotonicMs()) : 0);
      this.#spin?.kick();
    }
  }
}
