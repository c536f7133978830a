import type { Call, CallOptions } from './call.js';
import type { MethodSignature } from './object/definition.js';

/** The signatures of an object's methods by name. */
export type Signatures = object;

type CallOf<S> =
  S extends MethodSignature<infer A, infer R, infer I> ? (...args: A) => Call<R, I> & Pipelined<R> : never;

/**
 * The methods of the object that a call returns, which may be called before it has returned. Methods named like a
 * member of every call, such as `cancel`, can be called only on the object itself.
 */
type Pipelined<R> = [R] extends [{ readonly '~signatures': infer S extends Signatures }]
  ? Proxy<Omit<S, keyof Call<unknown>>>
  : unknown;

/** A remote object: its methods, each starting a call. */
export type Proxy<S extends Signatures> = { readonly [K in keyof S]: CallOf<S[K]> };

/**
 * A reference to an object that a method returned: its methods, usable until it is disposed of or its session ends. A
 * reference that is garbage-collected is released too.
 */
export type ObjectReference<S extends Signatures> = Proxy<S> &
  Disposable &
  AsyncDisposable & {
    /** Carries the types of its methods; never set. */
    readonly '~signatures': S;
    /** Returns a reference to the same object whose calls have these options. */
    with(options: CallOptions): ObjectReference<S>;
  };

/** Names that a proxy needs for itself, so that no method may have them. */
export const reservedMethodNames: ReadonlySet<string> = new Set([
  'then',
  'with',
  'constructor',
  'toString',
  'toJSON',
  'valueOf',
  'hasOwnProperty',
]);

/**
 * Creates a proxy whose every method starts a call.
 *
 * @param start starts a call of a method with its arguments
 * @param own the proxy's own members, under reserved names
 */
export function makeProxy<S extends Signatures>(
  start: (method: string, args: readonly unknown[]) => unknown,
  own: Readonly<Record<PropertyKey, unknown>> = {},
): Proxy<S> {
  const methods = new Map(Reflect.ownKeys(own).map((key): [PropertyKey, unknown] => [key, own[key]]));
  return new globalThis.Proxy(Object.create(null) as object, {
    get: (_target, property) => {
      let method = methods.get(property);
      // `await` reads `then` of any value, and JSON.stringify `toJSON`: neither may start a call.
      if (method === undefined && typeof property === 'string' && !reservedMethodNames.has(property)) {
        method = (...args: unknown[]) => start(property, args);
        methods.set(property, method);
      }
      return method;
    },
  }) as Proxy<S>;
}
