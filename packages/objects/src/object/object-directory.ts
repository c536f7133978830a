import { defaultTimeoutMs, type TimeLimit } from '../call.js';
import { coreError } from '../errors/core-errors.js';
import { quoted } from '../names.js';
import { versionsOf } from '../naming/versions.js';
import { didYouMean } from '../text/suggest.js';
import type { ObjectDefinition } from './definition.js';
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

  /** Returns the time limit that the method of a call declares; the default where there is no such method. */
  timeoutOf({ handedOut, object, method }: Invocation): TimeLimit {
    const hosted = handedOut ?? this.get(object);
    return hosted?.timeoutOf(method) ?? defaultTimeoutMs;
  }

  /** Returns an object by the name that it is hosted under, or that its newest version is; undefined if there is none. */
  get(name: string): HostedObject | undefined {
    return this.#objects.get(name) ?? this.#objects.get(this.nameOf(name));
  }

  /** Returns an object, for the server itself. @throws RpcError `OBJECT_NOT_FOUND` */
  find(name: string): HostedObject {
    const object = this.get(name);
    if (object === undefined) {
      const hint = didYouMean(name, this.names);
      throw coreError('OBJECT_NOT_FOUND', `this server hosts no object ${quoted(name)}${hint}`);
    }
    return object;
  }
}
