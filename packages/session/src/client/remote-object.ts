import {
  type AnyCallOptions,
  type Call,
  type CallOptions,
  makeProxy,
  type MethodSignature,
  moreOptions,
  type OneWayOptions,
  type Proxy,
  type Signatures,
} from '@patchbay/objects';

import type { RequestOptions } from './request-options.js';

/** A remote object: its methods, and itself with other call options. */
export type RemoteObject<S extends Signatures> = Proxy<S> & {
  /** Returns the same object, called without an answer. */
  with(options: OneWayOptions): OneWayObject<S>;
  /** Returns the same object, called with these options. */
  with(options: CallOptions): RemoteObject<S>;
};

/** A remote object whose calls resolve when they are sent: their results and errors are discarded. */
export type OneWayObject<S extends Signatures> = {
  readonly [K in keyof S]: S[K] extends MethodSignature<infer Args, unknown, unknown>
    ? (...args: Args) => Call<undefined>
    : never;
};

export interface Caller {
  call(
    object: string,
    method: string,
    args: readonly unknown[],
    options: RequestOptions,
  ): Call<unknown, unknown>;
}

/** Makes a remote object whose methods are called by `caller` with these options. */
export function remoteObject<S extends Signatures>(
  caller: Caller,
  object: string,
  options: AnyCallOptions,
): RemoteObject<S> {
  const start = (method: string, args: readonly unknown[]): Call<unknown, unknown> =>
    caller.call(object, method, args, options);
  const own = {
    with: (more: AnyCallOptions) => remoteObject<S>(caller, object, moreOptions(options, more)),
  };
  const read = (property: string): Call<unknown, unknown> =>
    caller.call(object, property, [], { ...options, isRead: true });
  return makeProxy<S>(`RemoteObject ${object}`, start, own, read) as RemoteObject<S>;
}
