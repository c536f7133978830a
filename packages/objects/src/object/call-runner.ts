import { z } from 'zod';

import { noMetadata } from '../call-metadata.js';
import { coreError, toRpcError } from '../errors/core-errors.js';
import { RpcError } from '../errors/rpc-error.js';
import type { AccessControl } from './access-control.js';
import type { PreparedMethod } from './bind.js';
import { takeAll } from './concurrency-limit.js';
import { isProperty, type MethodDefinition } from './definition.js';
import { intercepted, type Interceptor } from './interceptor.js';
import type { HostedMethod } from './hosted-object.js';
import type { Invocation, RunningCall } from './running-call.js';

interface CallRunnerOptions {
  readonly access: AccessControl;
  /** Undefined if there are none, so that they cost nothing. */
  readonly interceptors: readonly Interceptor[] | undefined;
  /** Throws if no call may begin. */
  readonly admit: () => void;
  /** Called once when a call is answered and its method has ended. */
  readonly forget: (call: RunningCall) => void;
}

/** Runs a call from its interceptors to its answer. */
export class CallRunner {
  readonly #options: CallRunnerOptions;

  constructor(options: CallRunnerOptions) {
    this.#options = options;
  }

  /** Runs a call, within the interceptors if there are any: their result or error is its answer then. */
  run(call: RunningCall, invocation: Invocation): void {
    const { interceptors, access } = this.#options;
    try {
      call.caller = access.callerOf(invocation);
    } catch (error) {
      call.refusal = toRpcError(error);
    }
    if (interceptors === undefined) {
      this.#start(call, invocation);
      return;
    }
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
          // A result that interceptors return in place of the method's is checked too.
          const { returns } = this.#methodOf(call, invocation).method;
          call.succeed(checked?.result === value ? value : returns.convertTravelled(value, 'returned'));
        });
      },
      (error: unknown) => {
        this.#conclude(call, () => {
          throw error;
        });
      },
    );
  }

  /** Answers for the interceptors, which may not have waited for the method. */
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

  /** Finds a call's method. @throws RpcError as `AccessControl.find` */
  #methodOf(call: RunningCall, { handedOut }: Invocation): HostedMethod {
    return this.#options.access.find(call, handedOut);
  }

  #start(call: RunningCall, invocation: Invocation): void {
    try {
      this.#options.admit();
      if (call.refusal !== undefined) {
        throw call.refusal;
      }
      const hosted = this.#methodOf(call, invocation);
      const permission = this.#options.access.check(call, hosted);
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

  #run(call: RunningCall, hosted: HostedMethod, { isRead }: Invocation): void {
    const { method, notice } = hosted;
    call.called = method;
    if (notice !== noMetadata) {
      call.addResponseMetadata(notice);
    }
    if (isRead === true && !isProperty(method.definition)) {
      const message = `${call.object}.${call.method} is a method, not a property: call it, as ${call.method}()`;
      throw coreError('METHOD_NOT_FOUND', message);
    }
    const { input } = call;
    if (method.hasSecretArguments && 'argv' in input) {
      this.#warnOfSecrets(call, method.secretsTyped(input.argv));
    }
    const args = 'values' in input ? method.bindValues(input.values) : method.bindArgv(input.argv);
    if (args instanceof Promise) {
      this.#when(call, args, (bound) => {
        this.#runWith(call, hosted, bound);
      });
    } else {
      this.#runWith(call, hosted, args);
    }
  }

  /** Warns the caller, in the response metadata, of secrets that were passed on the command line. */
  #warnOfSecrets(call: RunningCall, typed: readonly string[]): void {
    if (typed.length > 0) {
      call.addResponseMetadata({ 'secrets-typed': [...new Set(typed)].join(', ') });
    }
  }

  #runWith(call: RunningCall, { method, object, limits }: HostedMethod, args: unknown[]): void {
    if (call.ended) {
      this.#fail(call, call.stopReason); // cancelled while it was being authorized, or its arguments read
      return;
    }
    checkAsked(call, method.definition);
    if (limits.length > 0) {
      takeAll(limits);
      call.limits = limits;
    }
    call.begun = true;
    call.hosted = object;
    object.enter();
    args.push(call);
    const returned = method.definition.run(...(args as never[]));
    const result =
      method.definition.yields === undefined
        ? returned
        : sendItems(call, method, returned as AsyncGenerator<unknown, unknown, undefined>);
    if (result instanceof Promise) {
      this.#when(call, result, (value) => {
        this.#succeed(call, method, value);
      });
    } else {
      this.#succeed(call, method, result);
    }
  }

  #succeed(call: RunningCall, method: PreparedMethod, value: unknown): void {
    if (call.ended) {
      this.#fail(call, call.stopReason);
      return;
    }
    const result = method.returns.convert(value, 'returned');
    const { outcome } = call;
    if (outcome === undefined) {
      call.succeed(result);
      this.#options.forget(call);
    } else {
      call.outcome = undefined;
      outcome.resolve(result);
    }
  }

  /** Continues a call when a promise has fulfilled, or fails the call. */
  #when<T>(call: RunningCall, promise: Promise<T>, next: (value: T) => void): void {
    promise.then(
      (value) => {
        try {
          next(value);
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
        return; // the interceptors answer, and the call is forgotten after that
      }
    }
    this.#options.forget(call); // last, as the server's connections may be closed once it is idle
  }
}

/**
 * Checks what a method asks of its callers, and what a caller asked to be asked before it runs.
 * @throws RpcError `REASON_REQUIRED`, `CONFIRMATION_REQUIRED`, `JOB_EXPECTED`
 */
function checkAsked({ object, method, metadata }: RunningCall, definition: MethodDefinition): void {
  const called = `${object}.${method}`;
  if (definition.requiresReason === true && (metadata.reason ?? '').trim() === '') {
    throw coreError(
      'REASON_REQUIRED',
      `${called} wants to know why it is called: give --reason TEXT, or the metadata "reason"`,
    );
  }
  if (definition.destructive && metadata.confirm === 'ask') {
    const message = `${called} destroys something, and its caller asked to be asked first; call it without the metadata "confirm"`;
    throw coreError('CONFIRMATION_REQUIRED', message);
  }
  if (definition.job !== undefined && metadata.job === 'ask') {
    const message = `${called} is to be a job, and its caller asked to be told so; submit it to jobs, or call it without the metadata "job"`;
    throw coreError('JOB_EXPECTED', message);
  }
}

/** Sends a method's items until the call has ended, and returns its result; undefined if it was left early. */
async function sendItems(
  call: RunningCall,
  { yields }: PreparedMethod,
  steps: AsyncGenerator<unknown, unknown, undefined>,
): Promise<unknown> {
  try {
    for (;;) {
      const step = await steps.next();
      if (step.done === true) {
        return step.value;
      }
      if (!call.ended) {
        await call.item(yields?.convert(step.value, 'yielded'));
      }
      if (call.ended) {
        return undefined;
      }
    }
  } finally {
    await steps.return(undefined); // runs the method's own finally blocks if it was left early
  }
}

function asynchronousSchema({ object, method }: RunningCall): RpcError {
  const message = `${object}.${method} has a schema that is asynchronous, which is not supported; await in its run instead`;
  return coreError('SCHEMA_ASYNCHRONOUS', message);
}

/** Answers a call with what its caller may know of an error, and logs what only the operator may. */
function answerFailure(call: RunningCall, thrown: unknown): void {
  const error = thrown instanceof z.core.$ZodAsyncError ? asynchronousSchema(call) : thrown;
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
  const message = `${call.object}.${call.method} failed unexpectedly; see the server's log for call ${call.callId}`;
  call.fail(coreError('UNEXPECTED', message, { cause: error }));
}
