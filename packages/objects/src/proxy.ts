import { type Call, type CallOptions } from './call.js';
import { type MethodSignature } from './object/definition.js';

/** The signatures of an object's methods by name. */
export type Signatures = object;

type CallOf<S> =
  S extends MethodSignature<infer A, infer R, infer I> ? (...args: A) => Call<R, I> & Pipelined<R> : never;

/**
 * Of a call that gives an object: the object's methods, which may be called before it is there. One that is called
 * like something that every call has, such as `cancel`, is reached when the object is there.
 */
type Pipelined<R> = [R] extends [{ readonly '~signatures': infer S extends Signatures }]
  ? Proxy<Omit<S, keyof Call<unknown>>>
  : unknown;

/** A remote object: its methods, each starting a call. */
export type Proxy<S extends Signatures> = { readonly [K in keyof S]: CallOf<S[K]> };

/**
 * An object that a method handed out: its methods, until it is disposed of or its session ends. One that nobody holds
 * any more is let go of when its memory is collected.
 */
export type ObjectReference<S extends Signatures> = Proxy<S> &
  Disposable &
  AsyncDisposable & {
    /** Carries the types of its methods; never there. */
    readonly '~signatures': S;
    /** Gives the same object, called with these options. */
    with(options: CallOptions): ObjectReference<S>;
  };

/** Names that a proxy needs for itself, so that no method may bear them. */
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
 * Makes a proxy whose every method starts a call by `start`.
 *
 * @param start starts a call of a method with its arguments
 * @param own what the proxy has under reserved names
 */
export function makeProxy<S extends Signatures>(
  start: (method: string, args: readonly unknown[]) => unknown,
  own: Readonly<Record<PropertyKey, unknown>> = {},
): Proxy<S> {
  const methods = new Map(Reflect.ownKeys(own).map((key): [PropertyKey, unknown] => [key, own[key]]));
  return new globalThis.Proxy(Object.create(null) as object, {
    get: (_target, property) => {
      let method = methods.get(property);
      // `await` asks whatever it gets for `then`, and JSON for `toJSON`: that shall start no call.
      if (method === undefined && typeof property === 'string' && !reservedMethodNames.has(property)) {
        method = (...args: unknown[]) => start(property, args);
        methods.set(property, method);
      }
      return method;
    },
  }) as Proxy<S>;
}
