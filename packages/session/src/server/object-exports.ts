import { coreError, HostedObject, type ObjectDefinition } from '@patchbay/objects';

/** How many objects a session may hold that methods handed out to it. */
const mostObjects = 200_000;

/** The objects that methods handed out to one session, until it lets go of them or ends. */
export class ObjectExports {
  readonly #objects = new Map<number, HostedObject>();
  /** By the number of the call whose whole result it is: what was called on before the client had the result. */
  readonly #results = new Map<number, number>();
  readonly #calls = new Map<number, number>();
  #last = 0;

  get size(): number {
    return this.#objects.size;
  }

  /** Hands an object out and gives its number. @throws RpcError `REFERENCES_EXHAUSTED` */
  add(definition: ObjectDefinition, label: string): number {
    if (this.#objects.size >= mostObjects) {
      throw coreError(
        'REFERENCES_EXHAUSTED',
        `the session holds ${String(mostObjects)} objects already; let go of those that are not in use`,
      );
    }
    this.#last += 1;
    this.#objects.set(this.#last, new HostedObject(label, definition));
    return this.#last;
  }

  /** Takes note that an object is the whole result of a call. */
  noteResult(call: number, object: number): void {
    this.#results.set(call, object);
    this.#calls.set(object, call);
  }

  /** Gives an object by its number. @throws RpcError `REFERENCE_RELEASED` */
  get(number: number): HostedObject {
    const object = this.#objects.get(number);
    if (object === undefined) {
      throw coreError(
        'REFERENCE_RELEASED',
        `object ${String(number)} of this session was let go of, or never was`,
      );
    }
    return object;
  }

  /** Gives the object that a call which has ended gave. @throws RpcError `METHOD_NOT_FOUND` */
  resultOf(call: number): HostedObject {
    const number = this.#results.get(call);
    if (number === undefined) {
      throw coreError(
        'METHOD_NOT_FOUND',
        `call ${String(call)} of this session gave no object to call a method of`,
      );
    }
    return this.get(number);
  }

  /** Takes note that the client has no use for an object any more. */
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

  /** Releases all: the session is over. */
  close(): void {
    for (const number of [...this.#objects.keys()]) {
      this.release(number);
    }
  }
}
