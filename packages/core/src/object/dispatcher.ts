import { type Clock } from '../clock.js';
import { Deadlines } from '../deadlines.js';
import { coreError } from '../errors/core-errors.js';
import { RpcError } from '../errors/rpc-error.js';
import { type Log } from '../log.js';
import { type Caller } from './context.js';
import { type ObjectDefinition } from './definition.js';
import { type ObjectDescription } from './description.js';
import { type PreparedMethod } from './bind.js';
import { checkOutput } from './check-output.js';
import { ObjectDirectory } from './object-directory.js';
import { type CallSink, type Invocation, RunningCall } from './running-call.js';

/** Decides whether a caller may use a method; throws the `RpcError` to refuse with. */
export type Authorize = (request: {
  readonly caller: Caller;
  readonly object: string;
  readonly method: string;
}) => void | Promise<void>;

/** What a dispatcher needs. */
export interface DispatcherOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Default: every caller may use every method. */
  readonly authorize?: Authorize;
}

/**
 * Runs calls on objects: finds the method, asks whether the caller may, checks the arguments, runs, checks the
 * result. Every way into a server ends here.
 */
export class Dispatcher {
  readonly #objects = new ObjectDirectory();
  readonly #deadlines: Deadlines<RunningCall>;
  #running = 0;
  readonly #services: { readonly clock: Clock; readonly log: Log };
  readonly #authorize: Authorize | undefined;
  #draining = false;
  readonly #onIdle: (() => void)[] = [];

  constructor(options: DispatcherOptions) {
    this.#services = options;
    this.#authorize = options.authorize;
    this.#deadlines = new Deadlines(options.clock);
  }

  /** Hosts an object under a name. */
  host(name: string, definition: ObjectDefinition): void {
    this.#objects.add(name, definition);
  }

  /** The names of the objects hosted here. */
  get names(): readonly string[] {
    return this.#objects.names;
  }

  /** Where this server tells what went wrong with its callers. */
  get log(): Log {
    return this.#services.log;
  }

  /** How many methods are running, those included whose callers have left. */
  get running(): number {
    return this.#running;
  }

  /** Describes an object. @throws RpcError `OBJECT_NOT_FOUND` */
  describe(name: string): ObjectDescription {
    return this.#objects.describe(name);
  }

  /** Starts a call. It answers through the sink, also when it cannot begin. */
  begin(invocation: Invocation, sink: CallSink): RunningCall {
    const { timeoutMs } = invocation;
    const call = new RunningCall(
      invocation,
      sink,
      timeoutMs === undefined ? Infinity : this.#deadlines.expiryOf(timeoutMs),
      this.#services,
    );
    this.#running++;
    this.#deadlines.add(call);
    this.#start(call, invocation);
    return call;
  }

  /** Takes no new calls any more, and waits until those that run have ended. */
  async drain(): Promise<void> {
    this.#draining = true;
    if (this.#running > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle.push(resolve);
      });
    }
  }

  /** Cancels every call that runs. */
  cancelAll(error: RpcError): void {
    for (const call of [...this.#deadlines]) {
      call.cancel(error);
    }
  }

  #start(call: RunningCall, invocation: Invocation): void {
    try {
      if (this.#draining) {
        throw coreError('SERVER_DRAINING', 'the server is shutting down and takes no new calls; try again');
      }
      const method = this.#objects.method(call.object, call.method);
      const permission = this.#authorize?.({
        caller: call.caller,
        object: this.#objects.nameOf(call.object),
        method: call.method,
      });
      if (permission === undefined) {
        this.#run(call, method, invocation);
      } else {
        permission.then(
          () => {
            this.#attempt(call, () => {
              this.#run(call, method, invocation);
            });
          },
          (error: unknown) => {
            this.#fail(call, error);
          },
        );
      }
    } catch (error) {
      this.#fail(call, error);
    }
  }

  #run(call: RunningCall, method: PreparedMethod, { input }: Invocation): void {
    if (call.ended) {
      this.#forget(call); // cancelled while the caller's permission was looked up
      return;
    }
    const args = 'values' in input ? method.bindValues(input.values) : method.bindWords(input.words);
    const returned = method.definition.run(...([...args, call] as never[]));
    if (method.definition.yields !== undefined) {
      this.#iterate(call, method, returned as AsyncGenerator<unknown, unknown, undefined>).then(
        () => {
          this.#forget(call);
        },
        (error: unknown) => {
          this.#fail(call, error);
        },
      );
    } else if (returned instanceof Promise) {
      returned.then(
        (value: unknown) => {
          this.#attempt(call, () => {
            this.#succeed(call, method, value);
          });
        },
        (error: unknown) => {
          this.#fail(call, error);
        },
      );
    } else {
      this.#succeed(call, method, returned);
    }
  }

  async #iterate(
    call: RunningCall,
    method: PreparedMethod,
    steps: AsyncGenerator<unknown, unknown, undefined>,
  ): Promise<void> {
    try {
      for (;;) {
        const step = await steps.next();
        if (step.done === true) {
          this.#succeed(call, method, step.value);
          return;
        }
        if (!call.ended) {
          await call.sink.item(checkOutput(method.definition.yields, step.value, 'yielded'));
        }
        if (call.ended) {
          break;
        }
      }
    } finally {
      await steps.return(undefined); // runs the method's own finally blocks when it was left early
    }
  }

  #succeed(call: RunningCall, method: PreparedMethod, value: unknown): void {
    const result = checkOutput(method.definition.returns, value, 'returned');
    call.succeed(result);
    this.#forget(call);
  }

  #attempt(call: RunningCall, action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#fail(call, error);
    }
  }

  #fail(call: RunningCall, error: unknown): void {
    this.#answer(call, error);
    this.#forget(call); // last: whoever waits for the server to be idle may close its connections then
  }

  #answer(call: RunningCall, error: unknown): void {
    if (error instanceof RpcError) {
      if (error.code === 'INTERNAL' || error.cause !== undefined) {
        call.log.warn('a call failed', { error });
      }
      call.fail(error);
      return;
    }
    if (call.ended) {
      call.log.debug('a cancelled call ended with an error', { error });
      return;
    }
    call.log.error('a call failed unexpectedly', { error });
    call.fail(
      coreError(
        'UNEXPECTED',
        `${call.object}.${call.method} failed unexpectedly; the server's log tells more under call ${call.callId}`,
        { cause: error },
      ),
    );
  }

  #forget(call: RunningCall): void {
    if (!call.running) {
      return;
    }
    call.running = false;
    this.#deadlines.delete(call);
    if (--this.#running === 0) {
      for (const resolve of this.#onIdle.splice(0)) {
        resolve();
      }
    }
  }
}
