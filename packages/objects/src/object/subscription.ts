import type { RpcError } from '../errors/rpc-error.js';

/** A function of the caller that a method keeps beyond its call. Disposing of it closes it. */
export interface Subscription extends Disposable {
  /**
   * Aborts when the function can no longer be called: it was closed, its caller released it or has gone, or the call
   * failed. Its reason is an `RpcError` that says which.
   */
  readonly signal: AbortSignal;
  /**
   * Releases the function; has no effect when that has happened already.
   *
   * @param reason why; default: `CALL_CANCELLED`, as the object closed it
   */
  close(reason?: RpcError): void;
}

// A property of the function itself, as the schema of an argument wraps it; the same in every copy of this module.
const subscribeKey = Symbol.for('patchbay.subscribe');

/** Marks a function of the caller, and any that wraps it, as one that `subscribe` keeps beyond its call. */
export function subscribable<F extends object>(fn: F, subscribe: () => Subscription): F {
  return Object.defineProperty(fn, subscribeKey, { value: subscribe });
}

/** Returns what keeps a function beyond its call; undefined for one that no caller passed. */
export function subscribeOf(fn: object): (() => Subscription) | undefined {
  return (fn as { readonly [subscribeKey]?: () => Subscription })[subscribeKey];
}
