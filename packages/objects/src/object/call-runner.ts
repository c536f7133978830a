import { type z } from 'zod';

import { coreError } from '../errors/core-errors.js';
import { RpcError } from '../errors/rpc-error.js';
import { type Authorize } from './context.js';
import { type PreparedMethod } from './bind.js';
import { takeAll } from './concurrency-limit.js';
import { intercepted, type Interceptor } from './interceptor.js';
import { type HostedMethod } from './hosted-object.js';
import { type ObjectDirectory } from './object-directory.js';
import { type Invocation, type RunningCall } from './running-call.js';

/** What a runner of calls needs. */
export interface CallRunnerOptions {
  readonly objects: ObjectDirectory;
  readonly authorize: Authorize | undefined;
  /** Undefined where there are none: then they cost nothing. */
  readonly interceptors: readonly Interceptor[] | undefined;
  /** Throws when no call may begin. */
  readonly admit: () => void;
  /** Hears once that a call is answered and its method runs no more. */
  readonly forget: (call: RunningCall) => void;
}

/** Runs a call from its interceptors to its answer. */
export class CallRunner {
  readonly #options: CallRunnerOptions;

  constructor(options: CallRunnerOptions) {
    this.#options = options;
  }

  /** Runs a call, which is answered whatever happens. */
  run(call: RunningCall, invocation: Invocation): void {
    const { interceptors } = this.#options;
    if (interceptors === undefined) {
      this.#start(call, invocation);
    } else {
      this.#intercept(call, invocation, interceptors);
    }
  }

  /** Starts a call within the interceptors, which answer in its place. */
  #intercept(call: RunningCall, invocation: Invocation, interceptors: readonly Interceptor[]): void {
    let checked: { readonly result: unknown } | undefined;
    const start = (): Promise<unknown> =>
      new Promise((resolve, reject) => {
        const outcome = (result: unknown): void => {
          checked = { result };
          resolve(result);
        };
        call.outcome = { resolve: outcome, reject };
        this.#start(call, invocation);
      });
    intercepted(interceptors, call, start).then(
      (value) => {
        this.#conclude(call, () => {
          // What interceptors give in place of the method's result is checked as that was.
          const { definition } = this.#methodOf(call, invocation).method;
          call.succeed(
            checked?.result === value ? value : checkOutput(definition.returns, value, 'returned'),
          );
        });
      },
      (error: unknown) => {
        this.#conclude(call, () => {
          throw error;
        });
      },
    );
  }

  /** Answers for the interceptors, which may have left the method to itself. */
  #conclude(call: RunningCall, answer: () => void): void {
    try {
      answer();
    } catch (error) {
      answerFailure(call, error);
    }
    if (call.outcome === undefined) {
      this.#options.forget(call);
    } else {
      call.stop(coreError('CALL_CANCELLED', 'the call was answered before its method had ended'));
    }
  }

  /** Finds a call's method. @throws RpcError `OBJECT_NOT_FOUND`, `METHOD_NOT_FOUND` */
  #methodOf(call: RunningCall, { handedOut }: Invocation): HostedMethod {
    return (handedOut ?? this.#options.objects.find(call.object)).method(call.method);
  }

  #start(call: RunningCall, invocation: Invocation): void {
    try {
      this.#options.admit();
      const hosted = this.#methodOf(call, invocation);
      const permission = this.#options.authorize?.({
        caller: call.caller,
        object: this.#options.objects.nameOf(call.object),
        method: call.method,
      });
      if (permission === undefined) {
        this.#run(call, hosted, invocation);
      } else {
        this.#when(call, permission, () => {
          this.#run(call, hosted, invocation);
        });
      }
    } catch (error) {
      this.#fail(call, error);
    }
  }

  #run(call: RunningCall, hosted: HostedMethod, { input }: Invocation): void {
    const { method } = hosted;
    const args = 'values' in input ? method.bindValues(input.values) : method.bindArgv(input.argv);
    if (args instanceof Promise) {
      this.#when(call, args, (bound) => {
        this.#runWith(call, hosted, bound);
      });
    } else {
      this.#runWith(call, hosted, args);
    }
  }

  #runWith(call: RunningCall, { method, object, limits }: HostedMethod, args: readonly unknown[]): void {
    if (call.ended) {
      this.#leave(call); // cancelled while the caller's permission was looked up, or its arguments were read
      return;
    }
    if (limits.length > 0) {
      takeAll(limits);
      call.limits = limits;
    }
    call.begun = true;
    call.hosted = object;
    object.enter();
    const returned = method.definition.run(...([...args, call] as never[]));
    if (method.definition.yields !== undefined) {
      const steps = returned as AsyncGenerator<unknown, unknown, undefined>;
      this.#when(call, sendItems(call, method, steps), (value) => {
        this.#succeed(call, method, value);
      });
    } else if (returned instanceof Promise) {
      this.#when(call, returned, (value) => {
        this.#succeed(call, method, value);
      });
    } else {
      this.#succeed(call, method, returned);
    }
  }

  #succeed(call: RunningCall, method: PreparedMethod, value: unknown): void {
    if (call.ended) {
      this.#leave(call);
      return;
    }
    const result = checkOutput(method.definition.returns, value, 'returned');
    const { outcome } = call;
    if (outcome === undefined) {
      call.succeed(result);
      this.#options.forget(call);
    } else {
      call.outcome = undefined;
      outcome.resolve(result);
    }
  }

  /** Ends a call that was answered already. */
  #leave(call: RunningCall): void {
    this.#fail(call, call.stopReason);
  }

  /** Goes on with a call when something has come, or fails it. */
  #when<T>(call: RunningCall, coming: Promise<T>, goOn: (value: T) => void): void {
    coming.then(
      (value) => {
        try {
          goOn(value);
        } catch (error) {
          this.#fail(call, error);
        }
      },
      (error: unknown) => {
        this.#fail(call, error);
      },
    );
  }

  #fail(call: RunningCall, error: unknown): void {
    const { outcome } = call;
    if (outcome === undefined) {
      answerFailure(call, error);
    } else {
      call.outcome = undefined;
      outcome.reject(error);
      if (!call.ended) {
        return; // the interceptors answer, and the call is forgotten then
      }
    }
    this.#options.forget(call); // last: whoever waits for the server to be idle may close its connections then
  }
}

/** Sends what a method yields while somebody waits for it, and gives what it returns: nothing when it was left early. */
async function sendItems(
  call: RunningCall,
  { definition }: PreparedMethod,
  steps: AsyncGenerator<unknown, unknown, undefined>,
): Promise<unknown> {
  try {
    for (;;) {
      const step = await steps.next();
      if (step.done === true) {
        return step.value;
      }
      if (!call.ended) {
        await call.item(checkOutput(definition.yields, step.value, 'yielded'));
      }
      if (call.ended) {
        return undefined;
      }
    }
  } finally {
    await steps.return(undefined); // runs the method's own finally blocks when it was left early
  }
}

/**
 * Checks what a method gave against its schema, which also drops what the schema does not declare.
 *
 * @throws RpcError `RESULT_INVALID`; what was wrong with it is the cause, for the log only
 */
function checkOutput(schema: z.ZodType | undefined, value: unknown, how: 'returned' | 'yielded'): unknown {
  const checked = schema?.safeParse(value);
  if (checked?.success !== true) {
    throw coreError(
      'RESULT_INVALID',
      `the method ${how} what its schema does not allow; the server's log tells more`,
      {
        cause: checked?.error,
      },
    );
  }
  return checked.data;
}

/** Answers a call with what its caller may know of an error, and logs what only the operator shall. */
function answerFailure(call: RunningCall, error: unknown): void {
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
