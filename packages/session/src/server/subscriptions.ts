import { coreError, type RpcError, type Subscription } from '@patchbay/objects';

import type { Frame } from '../protocol/frame.js';

/** How many functions of its client a session may keep. */
const maxSubscriptions = 1_000;

/** A function of a client that outlives the call that passed it. */
class KeptFunction implements Subscription {
  readonly #abort = new AbortController();
  readonly #end: (error: RpcError) => void;

  constructor(end: (error: RpcError) => void) {
    this.#end = end;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  close(reason = coreError('CALL_CANCELLED', 'the subscription was closed by the object')): void {
    this.#end(reason);
  }

  abort(error: RpcError): void {
    this.#abort.abort(error);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

interface SubscriptionsHost {
  readonly send: (frame: Frame) => void;
  /** Fails the calls in flight of a function. */
  readonly cancelCalls: (call: number, callback: number, error: RpcError) => void;
}

/** The functions of a session's client that outlive the calls that passed them. */
export class Subscriptions {
  /** Whether the client keeps functions, as its hello says. */
  supported = false;
  readonly #host: SubscriptionsHost;
  /** By call and number. */
  readonly #kept = new Map<number, Map<number, KeptFunction>>();
  #size = 0;

  constructor(host: SubscriptionsHost) {
    this.#host = host;
  }

  has(call: number, callback: number): boolean {
    return this.#kept.get(call)?.has(callback) === true;
  }

  /**
   * Keeps a function of a call that runs; one that is kept already stays what it is.
   *
   * @throws RpcError `SUBSCRIPTIONS_EXHAUSTED`, `SUBSCRIPTION_UNSUPPORTED`
   */
  keep(call: number, callback: number): Subscription {
    const ofCall = this.#kept.get(call) ?? new Map<number, KeptFunction>();
    const known = ofCall.get(callback);
    if (known !== undefined) {
      return known;
    }
    if (!this.supported) {
      const message = "the caller's client is of a version that keeps no function beyond its call";
      throw coreError('SUBSCRIPTION_UNSUPPORTED', message);
    }
    if (this.#size >= maxSubscriptions) {
      const message = `the caller's session has ${String(maxSubscriptions)} subscriptions already; end those that are no longer used`;
      throw coreError('SUBSCRIPTIONS_EXHAUSTED', message);
    }
    const kept = new KeptFunction((error) => {
      if (this.#end(call, callback, error)) {
        this.#host.send({ kind: 'subscription', call, callback, released: true });
      }
    });
    this.#kept.set(call, ofCall.set(callback, kept));
    this.#size++;
    this.#host.send({ kind: 'subscription', call, callback, released: false });
    return kept;
  }

  /** Takes the client's release of a function. */
  release({ call, callback }: Frame & { kind: 'subscription' }): void {
    this.#end(call, callback, coreError('CALL_CANCELLED', 'the subscription was released by its caller'));
  }

  /** Ends the subscriptions of a call, or all. The client knows by itself. */
  close(error: RpcError, call?: number): void {
    for (const each of call === undefined ? [...this.#kept.keys()] : [call]) {
      for (const callback of [...(this.#kept.get(each)?.keys() ?? [])]) {
        this.#end(each, callback, error);
      }
    }
  }

  #end(call: number, callback: number, error: RpcError): boolean {
    const ofCall = this.#kept.get(call);
    const kept = ofCall?.get(callback);
    if (ofCall === undefined || kept === undefined) {
      return false;
    }
    ofCall.delete(callback);
    this.#size--;
    if (ofCall.size === 0) {
      this.#kept.delete(call);
    }
    this.#host.cancelCalls(call, callback, error);
    kept.abort(error);
    return true;
  }
}
