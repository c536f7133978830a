import type { Clock } from '../clock.js';
import { Deadlines } from '../deadlines.js';
import { coreError } from '../errors/core-errors.js';
import type { RpcError } from '../errors/rpc-error.js';
import type { Log } from '../log.js';
import type { Delegations, Requester } from '../identity/delegation.js';
import { identityError } from '../identity/identity-error.js';
import { AccessControl } from './access-control.js';
import type { Authorize } from './context.js';
import { CallRunner } from './call-runner.js';
import type { ObjectDefinition } from './definition.js';
import { describeObject } from './describe.js';
import type { ObjectDescription } from './description.js';
import type { Interceptor } from './interceptor.js';
import type { HostedObject, HostOptions } from './hosted-object.js';
import type { CallObserver, CallServices } from './observer.js';
import { ObjectDirectory } from './object-directory.js';
import { SubscribedCalls } from './subscribed-calls.js';
import { type CallSink, type Invocation, RunningCall } from './running-call.js';

interface DispatcherOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Refuses further calls, of those that access levels and grants allow. Default: none. */
  readonly authorize?: Authorize;
  /** Who may call on whose behalf. Default: nobody. */
  readonly delegations?: Delegations;
  /** Wrap every call, the first one outermost. Default: none. */
  readonly interceptors?: readonly Interceptor[];
  /** Sees every call when it is answered. Default: nobody. */
  readonly observer?: CallObserver | undefined;
}

/**
 * Runs calls on objects: finds the method, authorizes the caller, checks the arguments, runs the method, checks its
 * result. All calls to a server end up here.
 */
export class Dispatcher {
  readonly #objects = new ObjectDirectory();
  /** Who may call and see which methods. */
  readonly access: AccessControl;
  readonly #deadlines: Deadlines<RunningCall>;
  #running = 0;
  readonly #subscribed = new SubscribedCalls<RunningCall>();
  readonly #services: CallServices;
  readonly #runner: CallRunner;
  #draining = false;
  #maxRunning = Infinity;
  readonly #onIdle: (() => void)[] = [];

  constructor(options: DispatcherOptions) {
    this.#services = { ...options, subscribed: this.#subscribed };
    this.access = new AccessControl(this.#objects, options);
    this.#runner = new CallRunner({
      access: this.access,
      interceptors: options.interceptors?.length === 0 ? undefined : options.interceptors,
      admit: () => {
        if (this.#draining) {
          throw coreError('SERVER_DRAINING', 'the server is shutting down and takes no new calls; try again');
        }
        if (this.#running > this.#maxRunning) {
          throw coreError(
            'CALLS_EXHAUSTED',
            `the server runs ${String(this.#maxRunning)} calls already, the most that it allows (limits.maxTotalCalls)`,
            { details: { limit: 'server', maxTotalCalls: this.#maxRunning } },
          );
        }
      },
      forget: (call) => {
        this.#forget(call);
      },
    });
    this.#deadlines = new Deadlines(options.clock);
  }

  /** Hosts an object under a name. */
  host(name: string, definition: ObjectDefinition, options: HostOptions = {}): void {
    this.#objects.add(name, definition, options);
  }

  /**
   * Stops hosting an object: refuses new calls to it and lets running ones finish. Returns it, so that the caller can
   * wait until it is idle. @throws RpcError `OBJECT_NOT_FOUND`
   */
  unhost(name: string): HostedObject {
    return this.#objects.remove(name);
  }

  /** Limits how many calls may run at once, including those whose callers have left. Default: any number. */
  limitTo(maxRunning: number): void {
    this.#maxRunning = maxRunning;
  }

  /** The hosted objects. */
  get objects(): ObjectDirectory {
    return this.#objects;
  }

  /** The server's log. */
  get log(): Log {
    return this.#services.log;
  }

  get clock(): Clock {
    return this.#services.clock;
  }

  /** The number of running methods, including those whose callers have left. */
  get running(): number {
    return this.#running;
  }

  /** Describes what a requester may see of an object. @throws RpcError as `AccessControl.see` */
  async describe(name: string, requester: Requester): Promise<ObjectDescription> {
    const { object, members } = await this.access.see(requester, name);
    return describeObject(object.label, object.definition, (member) => members.includes(member));
  }

  /** Starts a call. It answers through the sink, even if it cannot begin. */
  begin(invocation: Invocation, sink: CallSink): RunningCall {
    const timeoutMs = invocation.timeoutMs ?? this.#objects.timeoutOf(invocation);
    const call = new RunningCall(invocation, sink, timeoutMs, this.#services);
    this.#running++;
    this.#deadlines.add(call);
    this.#runner.run(call, invocation);
    return call;
  }

  /** Refuses new calls, and waits until the running ones have ended. */
  async drain(): Promise<void> {
    this.#draining = true;
    if (this.#running > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle.push(resolve);
      });
    }
  }

  /** Cancels all running calls, or those of one object. */
  cancelAll(error: RpcError, object?: HostedObject): void {
    for (const call of [...this.#deadlines]) {
      if (object === undefined || call.hosted === object) {
        call.cancel(error);
      }
    }
  }

  /**
   * Cancels the running calls that their callers may make no more, as the policy has changed: watches above all. Closes
   * the subscriptions of those that have ended.
   */
  reauthorize(): void {
    for (const call of [...this.#deadlines]) {
      const error = this.#revocationOf(call);
      if (error !== undefined) {
        call.cancel(error);
      }
    }
    this.#subscribed.closeWhere((call) => this.#revocationOf(call));
  }

  /** Returns why the policy allows a call no more; undefined where it does. */
  #revocationOf(call: RunningCall): RpcError | undefined {
    if (this.access.stillAllows(call)) {
      return undefined;
    }
    const { principal, delegate } = call.caller;
    const who = delegate === undefined ? principal : `${delegate} on behalf of ${principal}`;
    const message = `${who} may call ${call.object}.${call.method} no more: the policy changed while the call ran`;
    return identityError('PERMISSION_REVOKED', message, { details: { principal } });
  }

  #forget(call: RunningCall): void {
    if (!call.running) {
      return;
    }
    call.running = false;
    this.#deadlines.delete(call);
    for (const limit of call.limits) {
      limit.release();
    }
    call.hosted?.leave();
    call.sink.done?.();
    if (--this.#running === 0 && this.#onIdle.length > 0) {
      for (const resolve of this.#onIdle.splice(0)) {
        resolve();
      }
    }
  }
}
