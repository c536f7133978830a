import { type Call, type CallOptions } from '../../call.js';
import { makeProxy, type Proxy, type Signatures } from '../../proxy.js';

/** A remote object: its methods, and itself with other call options. */
export type RemoteObject<S extends Signatures> = Proxy<S> & {
  /** Gives the same object, called with these options. */
  with(options: CallOptions): RemoteObject<S>;
};

/** What makes the calls of a remote object. */
export interface Caller {
  call(
    object: string,
    method: string,
    args: readonly unknown[],
    options: CallOptions,
  ): Call<unknown, unknown>;
}

/** Makes a remote object whose methods are called by `caller` with these options. */
export function remoteObject<S extends Signatures>(
  caller: Caller,
  object: string,
  options: CallOptions,
): RemoteObject<S> {
  const start = (method: string, args: readonly unknown[]): Call<unknown, unknown> =>
    caller.call(object, method, args, options);
  return makeProxy<S>(start, {
    with: (more: CallOptions) => remoteObject<S>(caller, object, { ...options, ...more }),
  }) as RemoteObject<S>;
}
