import { coreError } from '../errors/core-errors.js';
import { quoted } from '../names.js';
import { didYouMean } from '../text/suggest.js';
import { type PreparedMethod, prepareMethod } from './bind.js';
import { type ConcurrencyLimit, limitOf } from './concurrency-limit.js';
import { type ObjectDefinition } from './definition.js';

/** What a host may say of an object over what its definition says. */
export interface HostOptions {
  /** How many calls of the object may run at once. Default: what the definition says. */
  readonly maxConcurrent?: number | undefined;
}

/** A method of an object that is hosted. */
export interface HostedMethod {
  readonly method: PreparedMethod;
  readonly object: HostedObject;
  /** What bounds the calls that run at once: its own limit, and its object's. */
  readonly limits: readonly ConcurrencyLimit[];
}

/** A method with its own limit, so that its object's can be exchanged. */
interface PreparedHere {
  readonly own: ConcurrencyLimit | undefined;
  hosted: HostedMethod;
}

/** An object that can be called: its methods are made ready when they are first called. */
export class HostedObject {
  /** What it is called in errors and logs: its name, or how it was handed out, such as `storage.node()`. */
  readonly label: string;
  readonly definition: ObjectDefinition;
  readonly #methods = new Map<string, PreparedHere>();
  #limit: ConcurrencyLimit | undefined;
  #running = 0;
  readonly #onIdle: (() => void)[] = [];

  constructor(label: string, definition: ObjectDefinition, options: HostOptions = {}) {
    this.label = label;
    this.definition = definition;
    this.#limit = limitOf('object', label, options.maxConcurrent ?? definition.maxConcurrent);
  }

  /** How many of its methods run, those included whose callers have left. */
  get running(): number {
    return this.#running;
  }

  /** Counts a call whose method begins. */
  enter(): void {
    this.#running++;
  }

  /** Counts a call whose method runs no more. */
  leave(): void {
    if (--this.#running === 0 && this.#onIdle.length > 0) {
      for (const resolve of this.#onIdle.splice(0)) {
        resolve();
      }
    }
  }

  /** Waits until none of its methods runs. */
  async idle(): Promise<void> {
    if (this.#running > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle.push(resolve);
      });
    }
  }

  /** Bounds the calls that begin from now on; those that run already do not count. */
  limitTo({ maxConcurrent }: HostOptions): void {
    this.#limit = limitOf('object', this.label, maxConcurrent ?? this.definition.maxConcurrent);
    for (const prepared of this.#methods.values()) {
      prepared.hosted = { ...prepared.hosted, limits: this.#limitsWith(prepared.own) };
    }
  }

  /** Gives a method. @throws RpcError `METHOD_NOT_FOUND` */
  method(name: string): HostedMethod {
    let prepared = this.#methods.get(name);
    if (prepared === undefined) {
      const { methods } = this.definition;
      const definition = Object.hasOwn(methods, name) ? methods[name] : undefined;
      if (definition === undefined) {
        const hint = didYouMean(name, Object.keys(methods));
        throw coreError('METHOD_NOT_FOUND', `${this.label} has no method ${quoted(name)}${hint}`);
      }
      const own = limitOf('method', `${this.label}.${name}`, definition.maxConcurrent);
      const hosted = { method: prepareMethod(name, definition), object: this, limits: this.#limitsWith(own) };
      prepared = { own, hosted };
      this.#methods.set(name, prepared);
    }
    return prepared.hosted;
  }

  #limitsWith(own: ConcurrencyLimit | undefined): readonly ConcurrencyLimit[] {
    return [own, this.#limit].filter((limit) => limit !== undefined);
  }
}
