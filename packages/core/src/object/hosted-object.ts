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
  /** What bounds the calls that run at once: its own limit, and its object's. */
  readonly limits: readonly ConcurrencyLimit[];
}

/** An object that can be called: its methods are made ready when they are first called. */
export class HostedObject {
  /** What it is called in errors and logs: its name, or how it was handed out, such as `storage.node()`. */
  readonly label: string;
  readonly definition: ObjectDefinition;
  readonly #methods = new Map<string, HostedMethod>();

  readonly #limit: ConcurrencyLimit | undefined;

  constructor(label: string, definition: ObjectDefinition, options: HostOptions = {}) {
    this.label = label;
    this.definition = definition;
    this.#limit = limitOf('object', label, options.maxConcurrent ?? definition.maxConcurrent);
  }

  /** Gives a method. @throws RpcError `METHOD_NOT_FOUND` */
  method(name: string): HostedMethod {
    let hosted = this.#methods.get(name);
    if (hosted === undefined) {
      const { methods } = this.definition;
      const definition = Object.hasOwn(methods, name) ? methods[name] : undefined;
      if (definition === undefined) {
        const hint = didYouMean(name, Object.keys(methods));
        throw coreError('METHOD_NOT_FOUND', `${this.label} has no method ${quoted(name)}${hint}`);
      }
      const own = limitOf('method', `${this.label}.${name}`, definition.maxConcurrent);
      const limits = [own, this.#limit].filter((limit) => limit !== undefined);
      hosted = { method: prepareMethod(name, definition), limits };
      this.#methods.set(name, hosted);
    }
    return hosted;
  }
}
