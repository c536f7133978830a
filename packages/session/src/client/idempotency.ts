import { versionsOf } from '@patchbay/objects';

import { type IdempotentMethods } from '../protocol/frame.js';

/** What a server's hello says of its objects: which of their methods may run twice. */
export class Idempotency {
  readonly #objects: ReadonlyMap<string, readonly string[]>;

  constructor(said: readonly IdempotentMethods[] = []) {
    this.#objects = new Map(said.map(({ object, methods }) => [object, methods]));
  }

  /** Says whether a method may run twice; false also where the server did not say. */
  of(object: string, method: string): boolean {
    const objects = this.#objects;
    const name = objects.has(object) ? object : (versionsOf(object, objects.keys())[0] ?? object);
    return objects.get(name)?.includes(method) ?? false;
  }
}
