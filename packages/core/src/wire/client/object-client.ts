import { randomBytes } from 'node:crypto';

import { type Call, type CallOptions, defaultTimeoutMs } from '../../call.js';
import { type Clock } from '../../clock.js';
import { Deadlines } from '../../deadlines.js';
import { coreError } from '../../errors/core-errors.js';
import { RpcError } from '../../errors/rpc-error.js';
import { toRpcError } from '../../errors/to-rpc-error.js';
import { type ObjectDescription } from '../../object/description.js';
import { type Signatures } from '../../proxy.js';
import { type Arguments } from '../session/frame.js';
import { encodePayload } from '../session/payload.js';
import { ClientCall } from './client-call.js';
import { ClientSession } from './client-session.js';
import { Descriptions } from './descriptions.js';
import { remoteObject, type RemoteObject } from './remote-object.js';
import { type Router } from './router.js';
import { defaultOpenTimeoutMs, SessionPool } from './session-pool.js';
import { leftMs, wrongTimeout } from './time-limit.js';

/** What an object client needs. */
export interface ObjectClientOptions {
  readonly clock: Clock;
  readonly router: Router;
  /** The time limit of calls that do not say their own, in milliseconds, or `'none'`. Default: 60 s. */
  readonly timeoutMs?: number | 'none' | undefined;
  /** How long a server may take to open a session, in milliseconds. Default: 5 s. */
  readonly openTimeoutMs?: number | undefined;
}

/** How long a call waits before it is sent again: longer if its server died under it, for that to be started again. */
const pausesMs = { unsent: [50, 250], sent: [50, 250, 500, 1_000, 2_000] };

/** Calls objects wherever its router says that they live. */
export class ObjectClient implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #router: Router;
  readonly #timeoutMs: number | 'none';
  readonly #deadlines: Deadlines;
  readonly #id = randomBytes(6).toString('hex');
  readonly #pool: SessionPool;
  readonly #onEnd: (call: ClientCall) => void;
  readonly #descriptions: Descriptions;
  #calls = 0;
  #closed = false;

  constructor(options: ObjectClientOptions) {
    this.#clock = options.clock;
    this.#router = options.router;
    this.#descriptions = new Descriptions(options.router);
    this.#timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
    this.#deadlines = new Deadlines(options.clock);
    this.#onEnd = (call) => {
      this.#deadlines.delete(call);
    };
    const openTimeoutMs = options.openTimeoutMs ?? defaultOpenTimeoutMs;
    this.#pool = new SessionPool(this.#id, openTimeoutMs, (call, error, address) => {
      this.#lost(call, error, address);
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
    options: CallOptions = {},
  ): Call<unknown, unknown> {
    return this.#begin(object, method, valuesOf(args), options);
  }

  /** Calls a method with the words of a command line, which the server reads by the method's schema. */
  callWithWords(
    object: string,
    method: string,
    words: readonly string[],
    options: CallOptions = {},
  ): Call<unknown, unknown> {
    return this.#begin(object, method, { words }, options);
  }

  /** Tells what an object can do. @throws RpcError `OBJECT_NOT_FOUND`, `CONNECTION_LOST` */
  describe(object: string): Promise<ObjectDescription> {
    return this.#descriptions.of(object);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#pool[Symbol.asyncDispose]();
    this.#deadlines.close();
  }

  #begin(object: string, method: string, input: Arguments | RpcError, options: CallOptions): ClientCall {
    const timeoutMs = options.timeoutMs ?? this.#timeoutMs;
    const { signal } = options;
    const identity = {
      client: this.#id,
      number: ++this.#calls,
      expiresAtMs: timeoutMs === 'none' ? Infinity : this.#deadlines.expiryOf(timeoutMs),
    };
    const wrong = input instanceof RpcError ? input : wrongTimeout(timeoutMs);
    const request = { object, method, input: input instanceof RpcError ? nothing : input };
    const call = new ClientCall(request, identity, this.#onEnd);
    if (wrong !== undefined) {
      call.fail(wrong);
      return call;
    }
    this.#deadlines.add(call);
    if (signal !== undefined) {
      call.cancelOn(signal);
    }
    this.#launch(call);
    return call;
  }

  #launch(call: ClientCall): void {
    if (call.ended) {
      return;
    }
    call.attempts++;
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
        this.#lost(call, toRpcError(error), address);
      },
    );
  }

  #carry(call: ClientCall, session: ClientSession): void {
    if (!call.ended) {
      call.endpoint = session.address;
      const limited = call.expiresAtMs !== Infinity;
      session.carry(call, limited ? leftMs(call.expiresAtMs - this.#clock.monotonicMs()) : 0);
    }
  }

  /** Decides about a call that its connection failed: again, where that is safe, or the end. */
  #lost(call: ClientCall, error: RpcError, address: string): void {
    this.#router.forget(call.request.object, address);
    if (call.ended) {
      return;
    }
    if (this.#closed || call.progress === 'answered') {
      call.fail(call.progress === 'unsent' ? error : mayHaveRun(call, error));
      return;
    }
    const other = call.progress === 'unsent' ? this.#router.elsewhere?.(call.request.object) : undefined;
    if (other !== undefined) {
      this.#send(call, other);
      return;
    }
    this.#again(call, error, address).catch((unexpected: unknown) => {
      call.fail(toRpcError(unexpected));
    });
  }

  async #again(call: ClientCall, error: RpcError, address: string): Promise<void> {
    const { object, method } = call.request;
    for (; !call.ended; call.attempts++) {
      const pauseMs = pausesMs[call.progress === 'unsent' ? 'unsent' : 'sent'][call.attempts - 1];
      if (pauseMs === undefined) {
        call.fail(call.progress === 'unsent' ? error : mayHaveRun(call, error));
        return;
      }
      await this.#clock.sleep(pauseMs * (0.5 + Math.random()));
      const safe = call.progress === 'unsent' || (await this.#descriptions.isIdempotent(object, method));
      if (safe === false) {
        call.fail(mayHaveRun(call, error));
        return;
      }
      if (safe === true) {
        break;
      }
    }
    if (error.details.timedOut === true && (await this.#router.route(object)) === address) {
      call.fail(error); // it has had its time
      return;
    }
    call.progress = 'unsent';
    this.#launch(call);
  }
}

const nothing: Arguments = { words: [] };

/** Makes a call's arguments ready for the wire, or gives the error that says why it cannot be done. */
function valuesOf(args: readonly unknown[]): Arguments | RpcError {
  try {
    return { values: encodePayload(args) };
  } catch (error) {
    return toRpcError(error);
  }
}

function mayHaveRun(call: ClientCall, error: RpcError): RpcError {
  const { object, method } = call.request;
  return coreError(
    'CONNECTION_LOST',
    `${error.message}; ${object}.${method} may have run or not, and is not run again by itself: look before you repeat it`,
    { callId: call.callId, cause: error },
  );
}
