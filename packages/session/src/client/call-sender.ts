import { type Call, type Clock, Deadlines, type Interceptor, type TimeLimit } from '@patchbay/objects';

import { keepaliveOf } from '../keepalive.js';
import { describing } from '../protocol/frame.js';
import { defaultMaxFrameBytes } from '../protocol/outbox.js';
import { callerError } from './caller-error.js';
import { BusyPoll } from './busy-poll.js';
import type { CallPromise } from './call-promise.js';
import { argvRequest, type PreparedRequest, type StreamArgument, valuesRequest } from './call-request.js';
import { optionError } from './check-options.js';
import { type CallHost, ClientCall } from './client-call.js';
import type { ObjectClientOptions } from './client-options.js';
import { ClientSession } from './client-session.js';
import { InterceptedCall, interceptorsOf } from './intercepted-call.js';
import type { Destination } from './destination.js';
import { Deprecations } from './deprecations.js';
import type { ObjectHandle } from './object-handle.js';
import { launchOn } from './pipeline.js';
import type { RequestOptions } from './request-options.js';
import { LostCalls } from './lost-calls.js';
import { RetryBudget } from './retry-budget.js';
import { defaultKeepalive } from './session-keepalive.js';
import { defaultOpenTimeoutMs, SessionPool } from './session-pool.js';
import type { Router } from './transport.js';

/** How long a description may take, in milliseconds. */
const describeMs = 5_000;

/** Makes a client's calls, and sends each over a session with the server that its router finds. */
export class CallSender implements CallHost {
  readonly id = randomClientId();
  readonly clock: Clock;
  readonly timeoutMs: TimeLimit | undefined;
  readonly deprecations: Deprecations;
  readonly #router: Router;
  readonly #deadlines: Deadlines;
  readonly #pool: SessionPool;
  readonly #lost: LostCalls;
  #closed = false;
  readonly #busyPoll: BusyPoll | undefined;
  readonly #interceptors: readonly Interceptor[] | undefined;
  #calls = 0;

  /** @throws RpcError `ARGUMENT_INVALID` for a wrong `spinUs`, `CONFIG_INVALID` for a wrong `keepalive` */
  constructor(options: ObjectClientOptions) {
    const { clock, router, spinUs = 0 } = options;
    this.clock = clock;
    this.timeoutMs = options.timeoutMs;
    this.deprecations = new Deprecations(options.log);
    this.#router = router;
    this.#interceptors = interceptorsOf(options);
    this.#deadlines = new Deadlines(clock);
    this.#busyPoll = spinUs === 0 ? undefined : new BusyPoll(spinUs, () => this.#deadlines.size > 0);
    const budget = new RetryBudget(clock, () => this.#calls, options.retryBudget);
    this.#lost = new LostCalls({
      clock,
      router,
      log: options.log,
      budget,
      isClosed: () => this.#closed,
      launch: (call) => {
        this.#launch(call);
      },
      send: (call, to) => {
        this.#send(call, to);
      },
    });
    const { maxFrameBytes = defaultMaxFrameBytes, openTimeoutMs = defaultOpenTimeoutMs } = options;
    const { transport, claims } = options;
    this.#pool = new SessionPool({
      transport,
      hello: { client: this.id, maxFrameBytes, prover: transport.prover, claims },
      openTimeoutMs,
      clock,
      keepalive: keepaliveOf(options.keepalive, defaultKeepalive),
      onLostCall: (call, error, from) => {
        this.#lost.take(call, error, from);
      },
    });
  }

  call(
    object: string,
    method: string,
    args: readonly unknown[],
    options: RequestOptions,
  ): Call<unknown, unknown> {
    return this.#begin(valuesRequest(object, method, args, options));
  }

  callOn(
    target: ObjectHandle | ClientCall,
    method: string,
    args: readonly unknown[],
    options: RequestOptions,
  ): Call<unknown, unknown> {
    const label = target instanceof ClientCall ? `${target.title}()` : target.label;
    return this.#begin(valuesRequest(label, method, args, options, target));
  }

  callWithArgv(
    object: string,
    method: string,
    argv: readonly (string | StreamArgument)[],
    options: RequestOptions,
  ): Call<unknown, unknown> {
    return this.#begin(argvRequest(object, method, argv, options));
  }

  /** Asks for the description of an object, as a call does that interceptors do not see. */
  describe(object: string, options: RequestOptions): Promise<unknown> {
    return this.#begin(valuesRequest(object, describing, [], { timeoutMs: describeMs, ...options }));
  }

  ended(call: ClientCall): void {
    this.#deadlines.delete(call);
  }

  limited(call: ClientCall): void {
    this.#deadlines.delete(call);
    this.#deadlines.add(call);
  }

  nextNumber(): number {
    return ++this.#calls;
  }

  leftMs({ expiresAtMs }: ClientCall): number {
    return expiresAtMs === Infinity ? Infinity : expiresAtMs - this.clock.monotonicMs();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#pool.close();
    this.#deadlines.close();
  }

  #begin({ request, error: requestError }: PreparedRequest): CallPromise {
    const { signal, timeoutMs = this.timeoutMs } = request.options;
    const call =
      this.#interceptors === undefined || request.method === describing
        ? new ClientCall(request, timeoutMs, this)
        : new InterceptedCall(request, timeoutMs, this, this.#interceptors);
    const error = requestError ?? optionError(timeoutMs, request.options);
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
      const to = this.#router.route(call.request.object);
      if ('key' in to) {
        this.#send(call, to);
      } else {
        call.waitsFor = this.#router.waitsFor?.(call.request.object);
        to.then((found) => {
          this.#send(call, found);
        }).catch((error: unknown) => {
          call.fail(callerError(error));
        });
      }
    } catch (error) {
      call.fail(callerError(error));
    }
  }

  #send(call: ClientCall, to: Destination): void {
    if (call.ended) {
      return;
    }
    const session = this.#pool.session(to);
    if (session instanceof ClientSession) {
      this.#carry(call, session);
      return;
    }
    call.waitsFor = `${to.address} has not accepted a session`;
    session.then(
      (opened) => {
        this.#carry(call, opened);
      },
      (error: unknown) => {
        this.#lost.take(call, callerError(error), to);
      },
    );
  }

  #carry(call: ClientCall, session: ClientSession): void {
    if (!call.ended) {
      call.endpoint = session.destination.address;
      session.carry(call);
      this.#busyPoll?.extend();
    }
  }
}

/** Makes an id that tells clients apart in logs. It is no secret: node:crypto would only take time to load. */
function randomClientId(): string {
  return Math.floor(Math.random() * 2 ** 48)
    .toString(16)
    .padStart(12, '0');
}
