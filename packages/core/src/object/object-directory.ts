import { coreError } from '../errors/core-errors.js';
import { quoted } from '../names.js';
import { versionsOf } from '../naming/versions.js';
import { didYouMean } from '../text/suggest.js';
import { type PreparedMethod, prepareMethod } from './bind.js';
import { type ObjectDefinition } from './definition.js';
import { describeObject } from './describe.js';
import { type ObjectDescription } from './description.js';

interface HostedObject {
  readonly definition: ObjectDefinition;
  readonly methods: ReadonlyMap<string, PreparedMethod>;
}

/** The objects that a server hosts, by name, with their methods ready for calls. */
export class ObjectDirectory {
  readonly #objects = new Map<string, HostedObject>();

  add(name: string, definition: ObjectDefinition): void {
    const methods = new Map(
      Object.entries(definition.methods).map(([method, each]) => [method, prepareMethod(method, each)]),
    );
    this.#objects.set(name, { definition, methods });
  }

  get names(): readonly string[] {
    return [...this.#objects.keys()];
  }

  /** Gives the name by which an object is hosted: of a bare name that is not, that of its newest version. */
  nameOf(name: string): string {
    return this.#objects.has(name) ? name : (versionsOf(name, this.#objects.keys())[0] ?? name);
  }

  /** Describes an object. @throws RpcError `OBJECT_NOT_FOUND` */
  describe(name: string): ObjectDescription {
    return describeObject(this.nameOf(name), this.#find(name).definition);
  }

  /** Gives a method of an object. @throws RpcError `OBJECT_NOT_FOUND`, `METHOD_NOT_FOUND` */
  method(objectName: string, methodName: string): PreparedMethod {
    const object = this.#find(objectName);
    const method = object.methods.get(methodName);
    if (method === undefined) {
      const hint = didYouMean(methodName, object.methods.keys());
      throw coreError('METHOD_NOT_FOUND', `${objectName} has no method ${quoted(methodName)}${hint}`);
    }
    return method;
  }

  #find(name: string): HostedObject {
    const object = this.#objects.get(name) ?? this.#objects.get(this.nameOf(name));
    if (object === undefined) {
      throw coreError(
        'OBJECT_NOT_FOUND',
        `this server hosts no object ${quoted(name)}${didYouMean(name, this.names)}`,
      );
    }
    return object;
  }
}
