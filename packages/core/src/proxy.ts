import { type Call } from './call.js';
import { type MethodSignature } from './object/definition.js';

/** The signatures of an object's methods by name. */
export type Signatures = object;

type CallOf<S> = S extends MethodSignature<infer A, infer R, infer I> ? (...args: A) => Call<R, I> : never;

/** A remote object: its methods, each starting a call. */
export type Proxy<S extends Signatures> = { readonly [K in keyof S]: CallOf<S[K]> };

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
  start: (method: string, args: readonly unknown[]) => Call<unknown, unknown>,
  own: Readonly<Record<string, unknown>> = {},
): Proxy<S> {
  const methods = new Map<string, unknown>(Object.entries(own));
  return new globalThis.Proxy(Object.create(null) as object, {
    get: (_target, property) => {
      if (typeof property !== 'string') {
        return undefined;
      }
      let method = methods.get(property);
      // `await` asks whatever it gets for `then`, and JSON for `toJSON`: that shall start no call.
      if (method === undefined && !reservedMethodNames.has(property)) {
        method = (...args: unknown[]) => start(property, args);
        methods.set(property, method);
      }
      return method;
    },
  }) as Proxy<S>;
}
