import type { RpcError } from '../errors/rpc-error.js';
import type { Subscription } from './subscription.js';

/**
 * The functions of callers that methods keep, with the calls that passed them: what allows them may end.
 *
 * @typeParam C a call
 */
export class SubscribedCalls<C> {
  readonly #calls = new Map<Subscription, C>();

  /** Notes a function that is kept, until it no longer is. */
  add(call: C, subscription: Subscription): void {
    if (!this.#calls.has(subscription) && !subscription.signal.aborted) {
      this.#calls.set(subscription, call);
      subscription.signal.addEventListener('abort', () => this.#calls.delete(subscription), { once: true });
    }
  }

  /** Closes those for whose calls a function returns an error, with that. */
  closeWhere(errorFor: (call: C) => RpcError | undefined): void {
    for (const [subscription, call] of [...this.#calls]) {
      const error = errorFor(call);
      if (error !== undefined) {
        subscription.close(error);
      }
    }
  }
}
