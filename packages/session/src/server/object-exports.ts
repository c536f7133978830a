import { coreError, type ObjectDefinition, RpcError } from '@patchbay/objects';
import { type GrantedMethod, HostedObject, identityError } from '@patchbay/objects/define';

/** How many handed-out objects a session may hold. */
const maxObjects = 200_000;
/** How many failures a session remembers, and how long a message it keeps of each. */
const maxFailures = 32;
const maxMessageLength = 1_000;

interface Export {
  readonly object: HostedObject;
  /** On whose behalf the call was made that handed it out; undefined: on its caller's own. */
  readonly onBehalfOf: string | undefined;
}

/** The objects that methods handed out to one session, until it releases them or ends. */
export class ObjectExports {
  readonly #objects = new Map<number, Export>();
  /** By the number of the call whose whole result it is, for pipelined calls. */
  readonly #results = new Map<number, number>();
  readonly #calls = new Map<number, number>();
  /** Of the latest calls that failed, for pipelined calls that were under way. */
  readonly #failures = new Map<number, Pick<RpcError, 'code' | 'reason' | 'message'>>();
  #last = 0;

  /**
   * Hands out an object and returns its number.
   *
   * @param by the hosted object's method whose grants allow its methods
   * @param onBehalfOf who alone it is used for, as nobody else's rights were judged when it was handed out
   * @throws RpcError `REFERENCES_EXHAUSTED`
   */
  add(definition: ObjectDefinition, label: string, by: GrantedMethod, onBehalfOf?: string): number {
    if (this.#objects.size >= maxObjects) {
      const message = `the session holds ${String(maxObjects)} objects already; release those that are no longer used`;
      throw coreError('REFERENCES_EXHAUSTED', message);
    }
    this.#last += 1;
    this.#objects.set(this.#last, { object: new HostedObject(label, definition, {}, by), onBehalfOf });
    return this.#last;
  }

  noteResult(call: number, object: number): void {
    this.#results.set(call, object);
    this.#calls.set(object, call);
  }

  /**
   * Returns an object by its number, for a call on somebody's behalf.
   *
   * @throws RpcError `REFERENCE_RELEASED`; `DELEGATION_REFUSED` where it was handed out to another
   */
  get(number: number, onBehalfOf: string | undefined): HostedObject {
    const found = this.#objects.get(number);
    if (found === undefined) {
      const message = `object ${String(number)} of this session was released, or never existed`;
      throw coreError('REFERENCE_RELEASED', message);
    }
    if (found.onBehalfOf !== onBehalfOf) {
      const whose = found.onBehalfOf ?? 'the caller itself';
      const message = `object ${String(number)} of this session was handed out on behalf of ${whose}, and is used for nobody else`;
      throw identityError('DELEGATION_REFUSED', message);
    }
    return found.object;
  }

  /**
   * Returns the object that a call is of: by its number, else by the call that returned it; undefined for neither, 0.
   *
   * @throws RpcError as `get` and `resultOf`
   */
  called(target: number, ofCall: number, onBehalfOf: string | undefined): HostedObject | undefined {
    if (target !== 0) {
      return this.get(target, onBehalfOf);
    }
    return ofCall === 0 ? undefined : this.resultOf(ofCall, onBehalfOf);
  }

  noteFailure(call: number, { code, reason, message }: RpcError): void {
    if (this.#failures.size >= maxFailures) {
      this.#failures.delete(this.#failures.keys().next().value as number);
    }
    const kept = message.length > maxMessageLength ? `call ${String(call)} of this session failed` : message;
    this.#failures.set(call, { code, reason, message: kept });
  }

  /**
   * Returns the object that is the result of a call that has ended.
   *
   * @throws RpcError `METHOD_NOT_FOUND` if there is none, the error of a call that failed, and as `get`
   */
  resultOf(call: number, onBehalfOf: string | undefined): HostedObject {
    const number = this.#results.get(call);
    if (number === undefined) {
      const failure = this.#failures.get(call);
      if (failure !== undefined) {
        throw new RpcError(failure.code, failure.reason, failure.message);
      }
      const message = `call ${String(call)} of this session returned no object to call a method of`;
      throw coreError('METHOD_NOT_FOUND', message);
    }
    return this.get(number, onBehalfOf);
  }

  release(number: number): void {
    const found = this.#objects.get(number);
    if (found !== undefined) {
      this.#objects.delete(number);
      const call = this.#calls.get(number);
      if (call !== undefined) {
        this.#calls.delete(number);
        this.#results.delete(call);
      }
      found.object.definition.released?.();
    }
  }

  close(): void {
    for (const number of [...this.#objects.keys()]) {
      this.release(number);
    }
  }
}
