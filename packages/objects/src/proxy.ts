import type { Call, CallOptions } from './call.js';
import type { MethodSignature, PropertySignature } from './object/definition.js';

/** The signatures of an object's methods by name. */
export type Signatures = object;

/** A property of a remote object, read each time that it is awaited. It can also be called, for a whole `Call`. */
export type PropertyRead<R> = PromiseLike<R> & (() => Call<R>);

type CallOf<S> =
  S extends PropertySignature<infer R>
    ? PropertyRead<R>
    : S extends MethodSignature<infer A, infer R, infer I>
      ? (...args: A) => Call<R, I> & Pipelined<R>
      : never;

/**
 * The methods of the object that a call returns, which may be called before it has returned. Methods named like a
 * member of every call, such as `cancel`, can be called only on the object itself.
 */
type Pipelined<R> = [R] extends [{ readonly '~signatures': infer S extends Signatures }]
  ? Proxy<Omit<S, keyof Call<unknown>>>
  : unknown;

/** A remote object: its methods, each starting a call, and its properties. */
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

/** Node's `util.inspect.custom`, without loading that module. */
const inspectKey = Symbol.for('nodejs.util.inspect.custom');

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
 * @param label names the object where the proxy is printed: `RemoteObject storage`
 * @param start starts a call of a method with its arguments
 * @param own the proxy's own members, under reserved names
 * @param read reads a property, when a method is awaited instead of called; undefined: methods cannot be awaited
 */
export function makeProxy<S extends Signatures>(
  label: string,
  start: (method: string, args: readonly unknown[]) => unknown,
  own: Readonly<Record<PropertyKey, unknown>> = {},
  read?: (property: string) => PromiseLike<unknown>,
): Proxy<S> {
  const toString = (): string => `[${label}]`;
  const methods = new Map<PropertyKey, unknown>([['toString', toString]]);
  for (const key of Reflect.ownKeys(own)) {
    methods.set(key, own[key]);
  }
  // util.inspect looks behind the proxy.
  const target = Object.create(null, { [inspectKey]: { value: toString } }) as object;
  return new globalThis.Proxy(target, {
    get: (_target, property) => {
      let method = methods.get(property);
      // `await` reads `then` of any value, and JSON.stringify `toJSON`: neither may start a call.
      if (method === undefined && typeof property === 'string' && !reservedMethodNames.has(property)) {
        const call = (...args: unknown[]): unknown => start(property, args);
        method = read === undefined ? call : readable(call, () => read(property));
        methods.set(property, method);
      }
      return method;
    },
  }) as Proxy<S>;
}

/**
 * Lets a function of a proxy be awaited too, as the property of its name: which of both it is, the server knows.
 *
 * @typeParam F the function
 */
export function readable<F extends (...args: unknown[]) => unknown>(
  call: F,
  read: () => PromiseLike<unknown>,
): F & PromiseLike<unknown> {
  const then: PromiseLike<unknown>['then'] = (onValue, onError) => read().then(onValue, onError);
  return Object.assign(call, { then });
}
