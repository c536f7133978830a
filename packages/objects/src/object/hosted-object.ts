import type { TimeLimit } from '../call.js';
import { type CallMetadata, noMetadata } from '../call-metadata.js';
import { PreparedMethod } from './bind.js';
import { type ConcurrencyLimit, limitOf } from './concurrency-limit.js';
import { memberOf, type MethodDefinition, type ObjectDefinition, propertiesOf } from './definition.js';

/** Options of a hosted object, which override its definition's. */
export interface HostOptions {
  readonly maxConcurrent?: number | undefined;
}

/** The name and the definition of a method or a property. */
export type Member = readonly [name: string, definition: MethodDefinition];

/** A method as grants name it. */
export interface GrantedMethod {
  /** The name that its object is hosted under. */
  readonly object: string;
  readonly method: string;
}

/** A method of a hosted object. */
export interface HostedMethod {
  readonly method: PreparedMethod;
  readonly object: HostedObject;
  /** The limits of concurrent calls: its own, and its object's. */
  readonly limits: readonly ConcurrencyLimit[];
  /** What travels back with every answer. */
  readonly notice: CallMetadata;
}

/** An object that can be called. Its methods are prepared on their first call. */
export class HostedObject {
  /** Its name in errors and logs: that of the object, or how it was returned, such as `storage.node()`. */
  readonly label: string;
  readonly definition: ObjectDefinition;
  readonly #handedOutBy: GrantedMethod | undefined;
  #members: readonly Member[] | undefined;
  /** Each with its own limit, so that the object's can be replaced. */
  readonly #methods = new Map<string, { readonly own: ConcurrencyLimit | undefined; hosted: HostedMethod }>();
  #limit: ConcurrencyLimit | undefined;
  #running = 0;
  readonly #onIdle: (() => void)[] = [];

  /** @param handedOutBy the hosted object's method whose call handed it out, or led to that; undefined if it is hosted */
  constructor(
    label: string,
    definition: ObjectDefinition,
    options: HostOptions = {},
    handedOutBy?: GrantedMethod,
  ) {
    this.label = label;
    this.definition = definition;
    this.#handedOutBy = handedOutBy;
    this.#limit = limitOf('object', label, options.maxConcurrent ?? definition.maxConcurrent);
  }

  /** The number of running methods, including those whose callers have left. */
  get running(): number {
    return this.#running;
  }

  /** Its methods and properties. */
  get members(): readonly Member[] {
    const { methods } = this.definition;
    return (this.#members ??= [...Object.entries(methods), ...Object.entries(propertiesOf(this.definition))]);
  }

  /** Returns the method whose grants allow a method: for an object that was handed out, the one that did so. */
  grantedAs(method: string): GrantedMethod {
    return this.#handedOutBy ?? { object: this.label, method };
  }

  /** Counts a call whose method starts. */
  enter(): void {
    this.#running++;
  }

  /** Counts a call whose method has ended. */
  leave(): void {
    if (--this.#running === 0 && this.#onIdle.length > 0) {
      for (const resolve of this.#onIdle.splice(0)) {
        resolve();
      }
    }
  }

  /** Waits until none of its methods is running. */
  async idle(): Promise<void> {
    if (this.#running > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle.push(resolve);
      });
    }
  }

  /** Replaces the object's limit for calls that begin from now on; running ones do not count. */
  limitTo({ maxConcurrent }: HostOptions): void {
    this.#limit = limitOf('object', this.label, maxConcurrent ?? this.definition.maxConcurrent);
    for (const prepared of this.#methods.values()) {
      prepared.hosted = { ...prepared.hosted, limits: this.#limitsWith(prepared.own) };
    }
  }

  /** Returns the time limit that a method declares; undefined if there is no such method. */
  timeoutOf(name: string): TimeLimit | undefined {
    const prepared = this.#methods.get(name)?.hosted.method.definition;
    return (prepared ?? memberOf(this.definition, name))?.timeoutMs;
  }

  /** Returns a method or a property; undefined if there is none. */
  method(name: string): HostedMethod | undefined {
    let prepared = this.#methods.get(name);
    if (prepared === undefined) {
      const definition = memberOf(this.definition, name);
      if (definition === undefined) {
        return undefined;
      }
      const own = limitOf('method', `${this.label}.${name}`, definition.maxConcurrent);
      const method = new PreparedMethod(name, definition);
      const deprecated = definition.deprecated ?? this.definition.deprecated;
      const notice = deprecated === undefined ? noMetadata : { deprecated };
      prepared = { own, hosted: { method, object: this, limits: this.#limitsWith(own), notice } };
      this.#methods.set(name, prepared);
    }
    return prepared.hosted;
  }

  #limitsWith(own: ConcurrencyLimit | undefined): readonly ConcurrencyLimit[] {
    return [own, this.#limit].filter((limit) => limit !== undefined);
  }
}
