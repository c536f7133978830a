import { coreError } from '../errors/core-errors.js';
import { RpcError } from '../errors/rpc-error.js';
import { authorize, isAuthorized, mayLearn, refusal } from '../identity/authorize.js';
import type { Caller } from '../identity/caller.js';
import { type Delegations, effectiveCaller, mayActFor, type Requester } from '../identity/delegation.js';
import { quoted } from '../names.js';
import { didYouMean } from '../text/suggest.js';
import type { Authorize } from './context.js';
import { accessOf } from './definition.js';
import type { GrantedMethod, HostedMethod, HostedObject, Member } from './hosted-object.js';
import type { ObjectDirectory } from './object-directory.js';
import type { Invocation, RunningCall } from './running-call.js';

/** What of a call says which method it is of. */
interface Called {
  readonly caller: Caller;
  readonly object: string;
  readonly method: string;
}

/** An object as one caller may see it. */
export interface VisibleObject {
  readonly object: HostedObject;
  /** The names of the methods and properties that the caller may see. */
  readonly members: readonly string[];
}

/** Decides who may call, and see, the methods of hosted objects. */
export class AccessControl {
  readonly #objects: ObjectDirectory;
  readonly #further: Authorize | undefined;
  readonly #delegations: Delegations | undefined;

  /** @param options a further check, of what is allowed so far, and who may call on whose behalf; default: none, nobody */
  constructor(
    objects: ObjectDirectory,
    {
      authorize: further,
      delegations,
    }: { readonly authorize?: Authorize; readonly delegations?: Delegations },
  ) {
    this.#objects = objects;
    this.#further = further;
    this.#delegations = delegations;
  }

  /**
   * Returns the caller whose rights a call has: its own, or those of the principal on whose behalf it is made.
   *
   * @throws RpcError `ARGUMENT_INVALID`, `LOGIN_REQUIRED`, `DELEGATION_REFUSED`, and why a caller is anonymous that has a certificate
   */
  callerOf(call: Requester & Pick<Invocation, 'object' | 'method' | 'handedOut'>): Caller {
    return call.onBehalfOf === undefined
      ? call.caller
      : effectiveCaller(
          call,
          this.#granted(call, call.handedOut ?? this.#objects.get(call.object)),
          this.#delegations,
        );
  }

  /** Returns the caller whose rights a request about a method has that no object has. @throws RpcError as `callerOf` */
  effective(requester: Requester, requested: GrantedMethod): Caller {
    return effectiveCaller(requester, requested, this.#delegations);
  }

  /**
   * Returns the method of a call, whether its caller may use it or not.
   *
   * @throws RpcError `OBJECT_NOT_FOUND`, `METHOD_NOT_FOUND`; to who may not learn that, `CALLER_REFUSED`, `CALLER_UNKNOWN`
   */
  find(call: Called, handedOut: HostedObject | undefined): HostedMethod {
    const object = handedOut ?? this.#objects.get(call.object);
    const method = object?.method(call.method);
    if (method !== undefined) {
      return method;
    }
    const { caller } = call;
    const named = this.#granted(call, object);
    if (!mayLearn(caller, named.object, named.method)) {
      throw refusal({ caller, ...named }, `${object?.label ?? call.object}.${call.method}`);
    }
    if (object === undefined) {
      throw this.#noObject(caller, call.object);
    }
    const seen = this.#seen(caller, object).map(([name]) => name);
    const hint = didYouMean(call.method, seen);
    throw coreError('METHOD_NOT_FOUND', `${object.label} has no method ${quoted(call.method)}${hint}`);
  }

  /** Refuses a call that its caller may not make. @throws RpcError `CALLER_REFUSED`, `CALLER_UNKNOWN`, and the further check's */
  check({ caller, object, method }: Called, hosted: HostedMethod): void | Promise<void> {
    const access = accessOf(hosted.method.definition);
    const called = `${hosted.object.label}.${method}`;
    authorize({ caller, action: 'call', access, ...hosted.object.grantedAs(method) }, called);
    return this.#further?.({
      caller,
      action: 'call',
      object: this.#objects.nameOf(object),
      method,
      access,
    });
  }

  /**
   * Reports whether a running call would still be allowed, by what its method declares and demanded. One that is made on
   * behalf of somebody has that principal's present rights then.
   */
  stillAllows(call: RunningCall): boolean {
    const { caller, hosted, method, demanded, invocation } = call;
    if (caller.delegate !== undefined) {
      try {
        Object.assign(caller, this.callerOf(invocation));
      } catch {
        return false;
      }
    }
    const declared = hosted?.method(method);
    if (hosted === undefined || declared === undefined) {
      return true; // it is to be asked yet
    }
    const granted = hosted.grantedAs(method);
    return [accessOf(declared.method.definition), demanded].every(
      (access) => access === undefined || isAuthorized({ caller, action: 'call', access, ...granted }),
    );
  }

  /**
   * Returns an object and what a requester may see of it.
   *
   * @throws RpcError `OBJECT_NOT_FOUND`, also where that is nothing, and as `callerOf`
   */
  async see(requester: Requester, name: string): Promise<VisibleObject> {
    const object = this.#objects.get(name);
    const caller = this.effective(requester, { object: object?.label ?? name, method: '' });
    if (caller.unproven?.details.isTemporary === true) {
      throw caller.unproven; // who may be known in a moment asks again, rather than take the little for all
    }
    const visible = object === undefined ? undefined : await this.#visible(caller, object);
    if (visible === undefined) {
      throw this.#noObject(caller, name);
    }
    return visible;
  }

  /** Returns all objects of which a requester may see something. @throws RpcError as `callerOf`, where it may ask of none */
  async seeAll(requester: Requester): Promise<readonly VisibleObject[]> {
    const askable = this.#objects.names.filter((object) => this.#mayAskOf(requester, object));
    const caller = this.effective(requester, { object: askable[0] ?? '', method: '' });
    const all = askable.map((name) => this.#visible(caller, this.#objects.find(name)));
    return (await Promise.all(all)).filter((visible) => visible !== undefined);
  }

  /** Lists the idempotent methods and properties of each object, of those that a caller may see. */
  idempotentMethods(caller: Caller): { readonly object: string; readonly methods: readonly string[] }[] {
    return this.#objects.names.flatMap((object) => {
      const hosted = this.#objects.find(object);
      // Who may call on behalf of others retries for those who may see more.
      const seen = mayActFor(caller, { object, method: '' }, this.#delegations)
        ? hosted.members
        : this.#seen(caller, hosted);
      const methods = seen.filter(([, { idempotent }]) => idempotent).map(([name]) => name);
      return seen.length === 0 ? [] : [{ object, methods }];
    });
  }

  async #visible(caller: Caller, object: HostedObject): Promise<VisibleObject | undefined> {
    const members: string[] = [];
    for (const member of this.#seen(caller, object)) {
      if (this.#further === undefined || (await this.#shows(this.#further, caller, object, member))) {
        members.push(member[0]);
      }
    }
    const isEmpty = object.members.length === 0 && mayLearn(caller, object.label, '');
    return members.length > 0 || isEmpty ? { object, members } : undefined;
  }

  /** Asks the further check whether a caller may see a method. */
  async #shows(
    further: Authorize,
    caller: Caller,
    { label: object }: HostedObject,
    [method, definition]: Member,
  ): Promise<boolean> {
    try {
      await further({ caller, action: 'describe', object, method, access: accessOf(definition) });
      return true;
    } catch (error) {
      if (error instanceof RpcError) {
        return false;
      }
      throw error;
    }
  }

  /** Reports whether a requester may ask of an object: on behalf of others, of those that it may call so. */
  #mayAskOf({ caller, onBehalfOf }: Requester, object: string): boolean {
    return onBehalfOf === undefined || mayActFor(caller, { object, method: '' }, this.#delegations);
  }

  /** Returns a method as grants name it. */
  #granted(
    { object, method }: Pick<Called, 'object' | 'method'>,
    hosted: HostedObject | undefined,
  ): GrantedMethod {
    return hosted?.grantedAs(method) ?? { object, method };
  }

  /** Lists the methods and properties that a caller may see, before the further check. */
  #seen(caller: Caller, object: HostedObject): readonly Member[] {
    return object.members.filter(([name, definition]) => {
      const access = accessOf(definition);
      return isAuthorized({ caller, action: 'describe', access, ...object.grantedAs(name) });
    });
  }

  #noObject(caller: Caller, name: string): RpcError {
    const visible = this.#objects.names.filter(
      (each) => this.#seen(caller, this.#objects.find(each)).length > 0,
    );
    const hint = didYouMean(name, visible);
    return coreError('OBJECT_NOT_FOUND', `this server hosts no object ${quoted(name)}${hint}`);
  }
}
