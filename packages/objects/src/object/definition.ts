import type { z } from 'zod';

import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import type { Arg, OptionShape } from './arg.js';

/** A method as the dispatcher sees it: schemas, and a function of checked arguments. */
export interface MethodDefinition<
  Args extends readonly unknown[] = readonly unknown[],
  Result = unknown,
  Item = unknown,
> {
  readonly summary: string;
  readonly args: readonly Arg[];
  readonly options: OptionShape;
  readonly returns: z.ZodType;
  readonly yields: z.ZodType | undefined;
  /** Whether calling twice has the same effect as calling once, so that clients may retry. */
  readonly idempotent: boolean;
  /** How many calls may run at once; undefined: unlimited. */
  readonly maxConcurrent: number | undefined;
  /** Takes the positional arguments, then the options if the method has any, then the context. */
  readonly run: (...args: never[]) => unknown;
  /** Carries the method's types to the client; never set. */
  readonly signature?: MethodSignature<Args, Result, Item>;
}

/** A method's types as its caller sees them. */
export interface MethodSignature<Args extends readonly unknown[], Result, Item = never> {
  readonly args: Args;
  readonly result: Result;
  readonly item: Item;
}

/** The methods of an object by name. */
export type Methods = Readonly<Record<string, MethodDefinition>>;

/** Marks what `defineObject` made, by whichever copy of this package. */
const definitionBrand = Symbol.for('patchbay.object');

/** An object that can be hosted, or returned by a method: a plain value. Create it with `defineObject`. */
export interface ObjectDefinition<M extends Methods = Methods> {
  readonly [definitionBrand]: true;
  readonly summary: string;
  readonly methods: M;
  /** How many calls of all its methods together may run at once; undefined: unlimited. */
  readonly maxConcurrent: number | undefined;
  /** Stops what the object started, when its server stops. */
  readonly close: (() => Promise<void>) | undefined;
  /** Called each time that a caller releases its reference to the object. */
  readonly released: (() => void) | undefined;
}

/** Brands a checked definition; not enumerably, so that a copy with other, unchecked methods is not branded. */
export function objectDefinition<M extends Methods>(
  shape: Omit<ObjectDefinition<M>, typeof definitionBrand>,
): ObjectDefinition<M> {
  return Object.defineProperty({ ...shape }, definitionBrand, { value: true }) as ObjectDefinition<M>;
}

/** Reports whether a value was made by `defineObject`, of this copy of the package or another one. */
export function isObjectDefinition(value: unknown): value is ObjectDefinition {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, definitionBrand);
}

/** The signatures of an object's methods: what `client.proxy<SignaturesOf<typeof object>>` is made from. */
export type SignaturesOf<D extends ObjectDefinition> = {
  readonly [K in keyof D['methods']]: D['methods'][K] extends MethodDefinition<
    infer A extends readonly unknown[],
    infer R,
    infer I
  >
    ? MethodSignature<A, R, I>
    : never;
};

/** What an object's module is given to create an object. */
export interface ObjectContext {
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  /** A directory of this object's own; it exists. */
  readonly stateDir: string;
  /** Aborts when the server stops. */
  readonly signal: AbortSignal;
}

/** The default export of an object's module. It validates its options itself. */
export type ObjectFactory = (options: unknown, context: ObjectContext) => Promise<ObjectDefinition>;
