import type { z } from 'zod';

import { methodNamePattern } from '../names.js';
import { reservedMethodNames } from '../proxy.js';
import type { Arg, CallArgs, OptionShape, RunArgs } from './arg.js';
import { checkValues } from './check-values.js';
import type { CallContext } from './context.js';
import {
  type MethodDefinition,
  type Methods,
  objectDefinition,
  type ObjectDefinition,
} from './definition.js';

interface MethodShape<A extends readonly Arg[], O extends OptionShape, R extends z.ZodType> {
  /** One line for the help, starting with a verb in the imperative. */
  readonly summary: string;
  readonly args?: A;
  readonly options?: O;
  readonly returns: R;
  /** Whether calling twice has the same effect as calling once; only such methods are retried. Default: false. */
  readonly idempotent?: boolean;
  /**
   * How many calls may run at once; further ones fail with `CONCURRENCY_EXHAUSTED` without waiting. A call that re-enters
   * the method while an earlier one waits for it counts too. Default: unlimited.
   */
  readonly maxConcurrent?: number;
}

// eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type -- a method without options has none
type NoOptions = Record<never, never>;

type Run<A extends readonly Arg[], O extends OptionShape, Returned> = (
  ...args: RunArgs<A, O, CallContext>
) => Returned;

type Items<Y extends z.ZodType, R extends z.ZodType> = AsyncGenerator<z.input<Y>, z.input<R>, undefined>;

/** Declares a method that returns once. */
export function method<
  R extends z.ZodType,
  const A extends readonly Arg[] = [],
  O extends OptionShape = NoOptions,
  F extends Run<A, O, z.input<R> | Promise<z.input<R>>> = Run<A, O, z.input<R> | Promise<z.input<R>>>,
>(shape: MethodShape<A, O, R> & { readonly run: F }): MethodDefinition<CallArgs<A, O, F>, z.output<R>, never>;
/** Declares a method that yields items (progress, or rows) before it returns its result. */
export function method<
  R extends z.ZodType,
  Y extends z.ZodType,
  const A extends readonly Arg[] = [],
  O extends OptionShape = NoOptions,
  F extends Run<A, O, Items<Y, R>> = Run<A, O, Items<Y, R>>,
>(
  shape: MethodShape<A, O, R> & { readonly yields: Y; readonly run: F },
): MethodDefinition<CallArgs<A, O, F>, z.output<R>, z.output<Y>>;
export function method(
  shape: MethodShape<readonly Arg[], OptionShape, z.ZodType> & {
    readonly yields?: z.ZodType;
    readonly run: (...args: never[]) => unknown;
  },
): MethodDefinition<never, never, never> {
  return { args: [], options: {}, yields: undefined, idempotent: false, maxConcurrent: undefined, ...shape };
}

/**
 * Defines an object by its methods.
 *
 * @throws TypeError for mistakes in the program, found when it starts: an invalid name of a method, two arguments with
 *   the same name, `values` from a method that cannot return them, or a `maxConcurrent` below 1
 */
export function defineObject<const M extends Methods>(shape: {
  readonly summary: string;
  readonly methods: M;
  /** How many calls of all its methods together may run at once. Default: unlimited. */
  readonly maxConcurrent?: number;
  /** Stops what the object started, when its server stops. */
  readonly close?: () => Promise<void>;
  /** Called each time that a caller releases its reference to the object; must not throw. */
  readonly released?: () => void;
}): ObjectDefinition<M> {
  checkMaxConcurrent('the object', shape.maxConcurrent);
  for (const [name, definition] of Object.entries(shape.methods)) {
    checkMethod(name, definition);
    checkValues(name, definition, shape.methods);
  }
  const { summary, methods, maxConcurrent, close, released } = shape;
  return objectDefinition({ summary, methods, maxConcurrent, close, released });
}

function checkMaxConcurrent(what: string, max: number | undefined): void {
  if (max !== undefined && !(Number.isSafeInteger(max) && max >= 1)) {
    throw new TypeError(`maxConcurrent of ${what} must be an integer of at least 1, not ${String(max)}`);
  }
}

function checkMethod(name: string, definition: MethodDefinition): void {
  if (!methodNamePattern.test(name) || reservedMethodNames.has(name)) {
    throw new TypeError(`"${name}" is not a valid method name`);
  }
  checkMaxConcurrent(`method ${name}`, definition.maxConcurrent);
  const names = [...definition.args.map((each) => each.name), ...Object.keys(definition.options)];
  const duplicate = names.find((each, index) => names.indexOf(each) !== index);
  if (duplicate !== undefined) {
    throw new TypeError(`method ${name} has two arguments named "${duplicate}"`);
  }
  let optionalSeen = false;
  for (const { name: argName, schema } of definition.args) {
    const optional = schema.safeParse(undefined).success;
    if (optionalSeen && !optional) {
      throw new TypeError(`method ${name}: the required argument "${argName}" follows an optional one`);
    }
    optionalSeen = optional;
    if (optional && Object.keys(definition.options).length > 0 && schema.safeParse({}).success) {
      throw new TypeError(
        `method ${name}: the optional argument "${argName}" could be mistaken for the options`,
      );
    }
  }
}
