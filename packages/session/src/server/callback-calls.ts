import type { RpcError } from '@patchbay/objects';

import { decodePayload, type ValueLimits } from '../protocol/decode-payload.js';
import { errorOf } from '../protocol/failure.js';
import type { Frame, Payload } from '../protocol/frame.js';
import { malformed } from '../protocol/message-reader.js';

interface PendingCall {
  /** The client's call that passed the function. */
  readonly ofCall: number;
  readonly callback: number;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Calls the functions that the client of a session passed. */
export class CallbackCalls {
  readonly #send: (frame: Frame) => void;
  readonly #limits: ValueLimits;
  readonly #onFailure: (ofCall: number, error: unknown) => void;
  readonly #pending = new Map<number, PendingCall>();
  #last = 0;

  /** @param onFailure takes the errors too that the method ignores */
  constructor(
    send: (frame: Frame) => void,
    limits: ValueLimits,
    onFailure: (ofCall: number, error: unknown) => void,
  ) {
    this.#send = send;
    this.#limits = limits;
    this.#onFailure = onFailure;
  }

  /** Calls a function among the arguments of a call. @throws RpcError, also when that call ends first */
  begin(ofCall: number, callback: number, values: Payload): Promise<unknown> {
    this.#last += 1;
    const call = this.#last;
    return new Promise((resolve, reject) => {
      // It has no time limit of its own: it ends with the call that passed the function.
      const named = { object: '', method: '', target: 0, timeoutMs: 0, oneWay: false, correlationId: '' };
      this.#send({ kind: 'invoke', call, ...named, input: { values }, ofCall, callback });
      this.#pending.set(call, { ofCall, callback, resolve, reject });
    });
  }

  /** Takes the client's answer, and drops it when nobody waits for it any more. @throws RpcError `MESSAGE_MALFORMED` */
  settle(frame: Frame & { kind: 'result' | 'failure' }): void {
    if (frame.call > this.#last) {
      throw malformed('an answer to a call that was not made');
    }
    const pending = this.#pending.get(frame.call);
    if (pending === undefined) {
      return;
    }
    this.#pending.delete(frame.call);
    try {
      if (frame.kind === 'failure') {
        throw errorOf(frame, '', this.#limits);
      }
      pending.resolve(decodePayload(frame.value, undefined, this.#limits));
    } catch (error) {
      this.#fail(pending, error);
    }
  }

  /** Cancels the calls in flight of functions of a call that can no longer be called. */
  end(ofCall: number, error: RpcError, isOver: (callback: number) => boolean): void {
    for (const [call, pending] of this.#pending) {
      if (pending.ofCall === ofCall && isOver(pending.callback)) {
        this.#pending.delete(call);
        this.#fail(pending, error);
        this.#send({ kind: 'cancel', call });
      }
    }
  }

  #fail({ ofCall, reject }: PendingCall, error: unknown): void {
    this.#onFailure(ofCall, error);
    reject(error);
  }
}
