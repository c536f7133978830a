import { defaultTimeoutMs, type TimeLimit } from '../call.js';
import { coreError } from '../errors/core-errors.js';
import { quoted } from '../names.js';
import { versionsOf } from '../naming/versions.js';
import { didYouMean } from '../text/suggest.js';
import { type ObjectDefinition, propertiesOf } from './definition.js';
import { describeObject } from './describe.js';
import type { ObjectDescription } from './description.js';
import { HostedObject, type HostOptions } from './hosted-object.js';
import type { Invocation } from './running-call.js';

/** The objects that a server hosts, by name. */
export class ObjectDirectory {
  readonly #objects = new Map<string, HostedObject>();

  add(name: string, definition: ObjectDefinition, options: HostOptions): void {
    this.#objects.set(name, new HostedObject(name, definition, options));
  }

  /** Removes an object and returns it, as calls of it may still be running. @throws RpcError `OBJECT_NOT_FOUND` */
  remove(name: string): HostedObject {
    const object = this.find(name);
    this.#objects.delete(name);
    return object;
  }

  get names(): readonly string[] {
    return [...this.#objects.keys()];
  }

  /** Returns the name under which an object is hosted: for a bare name, that of its newest version. */
  nameOf(name: string): string {
    return this.#objects.has(name) ? name : (versionsOf(name, this.#objects.keys())[0] ?? name);
  }

  /** Lists the idempotent methods of each object. */
  idempotentMethods(): readonly { readonly object: string; readonly methods: readonly string[] }[] {
    return [...this.#objects].map(([object, { definition }]) => {
      const methods = Object.entries(definition.methods).filter(([, { idempotent }]) => idempotent);
      const properties = Object.keys(propertiesOf(definition));
      return { object, methods: [...methods.map(([method]) => method), ...properties] };
    });
  }

  /** Returns the time limit that the method of a call declares; the default where there is no such method. */
  timeoutOf({ handedOut, object, method }: Invocation): TimeLimit {
    const hosted = handedOut ?? this.#objects.get(object) ?? this.#objects.get(this.nameOf(object));
    return hosted?.timeoutOf(method) ?? defaultTimeoutMs;
  }

  /** Describes an object. @throws RpcError `OBJECT_NOT_FOUND` */
  describe(name: string): ObjectDescription {
    return describeObject(this.nameOf(name), this.find(name).definition);
  }

  /** Returns an object. @throws RpcError `OBJECT_NOT_FOUND` */
  find(name: string): HostedObject {
    const object = this.#objects.get(name) ?? this.#objects.get(this.nameOf(name));
    if (object === undefined) {
      const hint = didYouMean(name, this.names);
      throw coreError('OBJECT_NOT_FOUND', `this server hosts no object ${quoted(name)}${hint}`);
    }
    return object;
  }
}
