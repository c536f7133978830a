import type { z } from 'zod';

/** A positional argument. */
export interface Arg<N extends string = string, S extends z.ZodType = z.ZodType> {
  readonly name: N;
  readonly schema: S;
  readonly summary: string;
}

/** Declares a positional argument: its name, its schema, and a summary for the help. */
export function arg<const N extends string, S extends z.ZodType>(
  name: N,
  schema: S,
  summary: string,
): Arg<N, S> {
  return { name, schema, summary };
}

/** Named options: their schemas, each with its summary by `.describe()`; callers may omit optional ones. */
export type OptionShape = Readonly<Record<string, z.ZodType>>;

type Head<T extends readonly unknown[]> = T extends readonly [...infer H, unknown] ? H : [];
type Last<T extends readonly unknown[]> = T extends readonly [...unknown[], infer L] ? L : never;

/** Labels the elements of a tuple like those of another one of the same length. */
type Relabel<T extends readonly unknown[], Labels extends readonly unknown[]> = {
  [K in keyof Labels]: K extends keyof T ? T[K] : never;
};
type Labelled<
  T extends readonly unknown[],
  Labels extends readonly unknown[],
> = Labels['length'] extends T['length'] ? Relabel<T, Labels> : T;
type Cut<T extends readonly unknown[], N extends number> = T['length'] extends N
  ? T
  : T extends []
    ? []
    : Cut<Head<T>, N>;

type Inputs<A extends readonly Arg[]> = { -readonly [K in keyof A]: z.input<A[K]['schema']> };
type Outputs<A extends readonly Arg[]> = { -readonly [K in keyof A]: z.output<A[K]['schema']> };
type InputOptions<O extends OptionShape> = z.input<z.ZodObject<O>>;
type OutputOptions<O extends OptionShape> = z.output<z.ZodObject<O>>;
type HasOptions<O extends OptionShape> = keyof O extends never ? false : true;

/** The parameters of `run`: the checked positional arguments, the options if the method has any, the context. */
export type RunArgs<A extends readonly Arg[], O extends OptionShape, C> =
  HasOptions<O> extends true
    ? [...Outputs<A>, options: OutputOptions<O>, context: C]
    : [...Outputs<A>, context: C];

/** The arities that a caller may use: all positional arguments, or fewer if the last ones are optional. */
type Arities<T extends readonly unknown[]> = T extends []
  ? []
  : undefined extends Last<T>
    ? T | Arities<Head<T>>
    : T;
type WithOptions<T extends readonly unknown[], O extends OptionShape> = T extends readonly unknown[]
  ? HasOptions<O> extends true
    ? {} extends InputOptions<O> // eslint-disable-line @typescript-eslint/no-empty-object-type -- "all optional"
      ? T | [...T, options: InputOptions<O>]
      : [...T, options: InputOptions<O>]
    : T
  : never;

/** The arguments of a caller: positional ones, then the options; labelled like `run`'s parameters. */
export type CallArgs<
  A extends readonly Arg[],
  O extends OptionShape,
  F extends (...args: never[]) => unknown,
> = WithOptions<Arities<Labelled<Inputs<A>, Cut<Parameters<F>, A['length']>>>, O>;
