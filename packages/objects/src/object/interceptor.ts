import { type Caller } from './context.js';

/** What an interceptor sees of a call, on either side. */
export interface CallInfo {
  readonly side: 'client' | 'server';
  readonly object: string;
  readonly method: string;
  readonly callId: string;
  /** What the logs of all the calls share that one call led to. */
  readonly correlationId: string;
  /** What the caller passed, not checked yet: the positional arguments with the options last, or a command line's words. */
  readonly arguments: readonly unknown[];
  /** Who calls; undefined on the client's side. */
  readonly caller: Caller | undefined;
  /** The server that the call went to; undefined while it has not gone out, and on the server's side. */
  readonly endpoint: string | undefined;
  /** Shows each item that the method yields to `hook`, which gives what goes on in its place: the item, or another. */
  onItem(hook: ItemHook): void;
}

/** Sees an item on its way, and gives what goes on in its place. */
export type ItemHook = (item: unknown) => unknown;

/**
 * Stands around every call, of whatever kind. `next` lets the call go on, once, and gives its result or throws its
 * error. An interceptor may look, refuse by throwing an `RpcError`, and give another result or error instead. It is
 * outside of everything: on the server also of `authorize` and of the check of the arguments.
 */
export type Interceptor = (call: CallInfo, next: () => Promise<unknown>) => Promise<unknown>;

/** Runs a call within interceptors, of which the first is the outermost. */
export function intercepted(
  interceptors: readonly Interceptor[],
  call: CallInfo,
  start: () => Promise<unknown>,
): Promise<unknown> {
  let started: Promise<unknown> | undefined;
  let isLate = false;
  const enter = (index: number): Promise<unknown> => {
    const interceptor = interceptors[index];
    if (interceptor === undefined) {
      if (started === undefined) {
        started = start();
        if (isLate) {
          started.catch(ignore);
        }
      }
      return started;
    }
    try {
      return Promise.resolve(interceptor(call, () => enter(index + 1)));
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
  };
  const answer = enter(0);
  // An interceptor may answer for itself, and not look at what became of the call.
  isLate = true;
  if (answer !== started) {
    started?.catch(ignore);
  }
  return answer;
}

function ignore(): void {
  // What became of the call concerns nobody.
}

/** What interceptors ask to be shown of a call's items. */
export class ItemHooks {
  readonly #hooks: ItemHook[] = [];

  /** Adds a hook, which sees items before those that were added earlier. */
  add(hook: ItemHook): void {
    this.#hooks.unshift(hook); // the innermost, who comes last, is the first to see what comes out
  }

  /** Returns an item as the hooks leave it. */
  apply(item: unknown): unknown {
    return this.#hooks.reduce((value, hook) => hook(value), item);
  }
}
