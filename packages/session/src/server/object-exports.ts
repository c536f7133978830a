import { coreError, type ObjectDefinition } from '@patchbay/objects';
import { HostedObject } from '@patchbay/objects/define';

/** How many handed-out objects a session may hold. */
const maxObjects = 200_000;

/** The objects that methods handed out to one session, until it releases them or ends. */
export class ObjectExports {
  readonly #objects = new Map<number, HostedObject>();
  /** By the number of the call whose whole result it is, for pipelined calls. */
  readonly #results = new Map<number, number>();
  readonly #calls = new Map<number, number>();
  #last = 0;

  /** Hands out an object and returns its number. @throws RpcError `REFERENCES_EXHAUSTED` */
  add(definition: ObjectDefinition, label: string): number {
    if (this.#objects.size >= maxObjects) {
      const message = `the session holds ${String(maxObjects)} objects already; release those that are no longer used`;
      throw coreError('REFERENCES_EXHAUSTED', message);
    }
    this.#last += 1;
    this.#objects.set(this.#last, new HostedObject(label, definition));
    return this.#last;
  }

  noteResult(call: number, object: number): void {
    this.#results.set(call, object);
    this.#calls.set(object, call);
  }

  /** Returns an object by its number. @throws RpcError `REFERENCE_RELEASED` */
  get(number: number): HostedObject {
    const object = this.#objects.get(number);
    if (object === undefined) {
      const message = `object ${String(number)} of this session was released, or never existed`;
      throw coreError('REFERENCE_RELEASED', message);
    }
    return object;
  }

  /** Returns the object that is the result of a call that has ended. @throws RpcError `METHOD_NOT_FOUND` */
  resultOf(call: number): HostedObject {
    const number = this.#results.get(call);
    if (number === undefined) {
      const message = `call ${String(call)} of this session returned no object to call a method of`;
      throw coreError('METHOD_NOT_FOUND', message);
    }
    return this.get(number);
  }

  release(number: number): void {
    const object = this.#objects.get(number);
    if (object !== undefined) {
      this.#objects.delete(number);
      const call = this.#calls.get(number);
      if (call !== undefined) {
        this.#calls.delete(number);
        this.#results.delete(call);
      }
      object.definition.released?.();
    }
  }

  close(): void {
    for (const number of [...this.#objects.keys()]) {
      this.release(number);
    }
  }
}
