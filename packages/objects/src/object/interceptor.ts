import type { CallMetadata } from '../call-metadata.js';
import { handled } from '../handled.js';
import type { Caller } from '../identity/caller.js';

/** What an interceptor sees of a call, on either side. */
export interface CallInfo {
  readonly side: 'client' | 'server';
  readonly object: string;
  readonly method: string;
  readonly callId: string;
  /** Identifies in the logs all the calls that one call led to. */
  readonly correlationId: string;
  /** The caller's unchecked arguments: positional ones with the options last, or the argv of a command line. */
  readonly arguments: readonly unknown[];
  /** The caller; undefined on the client's side. */
  readonly caller: Caller | undefined;
  /** The server that the call was sent to; undefined until it is sent, and on the server's side. */
  readonly endpoint: string | undefined;
  /**
   * Replaces the arguments, positional ones with the options last, before the method begins: the method's schemas check
   * what is there then.
   *
   * @throws RpcError `ARGUMENT_INVALID` when it is too late, and on the client's side, where they were encoded
   */
  replaceArguments(values: readonly unknown[]): void;
  /** The key-value pairs that travel with the call. */
  readonly metadata: CallMetadata;
  /**
   * Adds to the metadata: on the client's side before the call is sent, on the server's before its method begins.
   *
   * @throws RpcError `METADATA_INVALID`, also when it is too late
   */
  addMetadata(added: CallMetadata): void;
  /** The key-value pairs that travel with the answer; on the client's side empty until it has come. */
  readonly responseMetadata: CallMetadata;
  /** Adds to those, until the call is answered; has no effect after that. @throws RpcError `METADATA_INVALID` */
  addResponseMetadata(added: CallMetadata): void;
  /** Passes each item that the method yields to `hook`, which returns the item to pass on. */
  onItem(hook: ItemHook): void;
}

/** Inspects an item, and returns the item to pass on. */
export type ItemHook = (item: unknown) => unknown;

/**
 * Wraps every call, of whatever kind. `next` continues the call, at most once, and resolves to its result or rejects
 * with its error. An interceptor may observe, refuse by throwing an `RpcError`, or replace
 * the arguments, the result or the error. On the
 * server it runs before `authorize` and the check of the arguments.
 */
export type Interceptor = (call: CallInfo, next: () => Promise<unknown>) => Promise<unknown>;

/** Runs a call within interceptors, the first one outermost. */
export function intercepted(
  interceptors: readonly Interceptor[],
  call: CallInfo,
  start: () => Promise<unknown>,
): Promise<unknown> {
  let started: Promise<unknown> | undefined;
  // Each may ignore the outcome of `next`, and answer by itself.
  const enter = (index: number): Promise<unknown> => handled(run(index));
  const run = (index: number): Promise<unknown> => {
    const interceptor = interceptors[index];
    if (interceptor === undefined) {
      return (started ??= start());
    }
    try {
      return Promise.resolve(interceptor(call, () => enter(index + 1)));
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
  };
  return enter(0);
}

/** The hooks that interceptors attach to a call's items. */
export class ItemHooks {
  readonly #hooks: ItemHook[] = [];

  /** Adds a hook, which sees items before those added earlier. */
  add(hook: ItemHook): void {
    this.#hooks.unshift(hook); // the innermost interceptor is the last to add and the first to see an item
  }

  /** Returns an item as the hooks leave it. */
  apply(item: unknown): unknown {
    return this.#hooks.reduce((value, hook) => hook(value), item);
  }
}
