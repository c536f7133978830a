import { z } from 'zod';

import { coreError } from '../errors/core-errors.js';
import { check } from './issues.js';
import { outputSide, type Side } from './schema-parts.js';

type PartKey =
  'catchall' | 'element' | 'in' | 'innerType' | 'keyType' | 'left' | 'out' | 'rest' | 'right' | 'valueType';

type DefOf<S> = S extends { readonly _zod: { readonly def: infer D } } ? D : never;

/** The schemas right within one. */
type Parts<D> =
  | D[keyof D & PartKey]
  | (D extends { readonly shape: infer T } ? T[keyof T] : never)
  | (D extends { readonly options: readonly (infer T)[] } ? T : never)
  | (D extends { readonly items: readonly (infer T)[] } ? T : never)
  | (D extends { readonly getter: () => infer T } ? T : never);

/** Has `true` in it if there is a codec in a schema, at most eight levels deep: schemas may be recursive. */
type Codecs<S, Depth extends readonly unknown[] = []> = Depth['length'] extends 8
  ? false
  : S extends { readonly _zod: { readonly def: { readonly reverseTransform: unknown } } }
    ? true
    : Codecs<Parts<DefOf<S>>, [...Depth, unknown]>;

/** What a method returns or yields for a schema. A codec encodes it; any other schema parses it. */
export type Given<S> = true extends Codecs<S> ? z.output<S> : z.input<S>;

/** What its caller gets. */
export type Received<S> = true extends Codecs<S> ? z.input<S> : z.output<S>;

/** Checks and converts what a method gives its caller: encodes what has a codec, and parses anything else. */
export class OutputSchema {
  readonly #schema: z.ZodType;
  #side: Side | undefined;

  constructor(schema: z.ZodType) {
    this.#schema = schema;
  }

  /**
   * Returns what travels of a value, without undeclared fields.
   *
   * @param how how the method gave it, such as `returned`
   * @throws RpcError `RESULT_INVALID`, with the schema's error as its cause, for the log only
   */
  convert(value: unknown, how: string): unknown {
    if (this.#encodes) {
      return dataOf(z.safeEncode(this.#schema, value), how);
    }
    const checked = check(this.#schema, value);
    return checked.issues.length === 0 ? checked.value : dataOf(this.#schema.safeParse(value), how);
  }

  /** Does the same with a value that an interceptor returned: it has the form that travels. */
  convertTravelled(value: unknown, how: string): unknown {
    return this.convert(this.#encodes ? dataOf(this.#schema.safeParse(value), how) : value, how);
  }

  get #encodes(): boolean {
    this.#side ??= outputSide(this.#schema); // when needed, as those of handed-out objects are made with each
    return this.#side === 'input';
  }
}

function dataOf(checked: z.ZodSafeParseResult<unknown>, how: string): unknown {
  if (!checked.success) {
    const message = `the method ${how} a value that its schema does not allow; see the server's log`;
    throw coreError('RESULT_INVALID', message, { cause: checked.error });
  }
  return checked.data;
}
