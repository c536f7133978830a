import type { z } from 'zod';

import { defaultTimeoutMs, type TimeLimit } from '../call.js';
import { metadataError } from '../call-metadata.js';
import { type Access, accessLevels, isAccess, methodAccess, propertyAccess } from '../identity/access.js';
import { jobPolicy, type JobPolicy } from '../jobs/policy.js';
import { methodNamePattern } from '../names.js';
import { reservedMethodNames } from '../proxy.js';
import type { Arg, CallArgs, OptionShape, RunArgs } from './arg.js';
import { checkSchemas } from './check-schemas.js';
import { checkValues } from './check-values.js';
import type { CallContext } from './context.js';
import {
  isProperty,
  type MethodDefinition,
  type Methods,
  type NoProperties,
  objectDefinition,
  type ObjectDefinition,
  type Properties,
  type PropertyDefinition,
} from './definition.js';
import type { Given, Received } from './output.js';

interface MethodShape<A extends readonly Arg[], O extends OptionShape, R extends z.ZodType> {
  /** One line for the help, starting with a verb in the imperative. */
  readonly summary: string;
  readonly args?: A;
  readonly options?: O;
  readonly returns: R;
  /** Whether calling twice has the same effect as calling once; only such methods are retried. Default: false. */
  readonly idempotent?: boolean;
  /**
   * Whether it destroys something that cannot simply be made again: `Describe` and the help say so, and `rpcclient` asks
   * on a terminal before it. Default: false.
   */
  readonly destructive?: boolean;
  /**
   * Whether it asks to be a job by default, and how it is carried out then: `rpcclient` submits it to `jobs` and returns
   * at once, unless it is told `--no-async`. Programs that call it are not affected. Default: it does not.
   */
  readonly job?: boolean | JobPolicy;
  /** Whether its caller must say why, as by `--reason`: a call without the metadata `reason` is refused. Default: false. */
  readonly requiresReason?: boolean;
  /**
   * What its caller must be: `open` anybody, `member` anybody who is known, `view`, `operate` or `administer` a viewer,
   * an operator or an admin of the object. Default: `operate`.
   */
  readonly access?: Access;
  /**
   * How many calls may run at once; further ones fail with `CONCURRENCY_EXHAUSTED` without waiting. A call that re-enters
   * the method while an earlier one waits for it counts too. Default: unlimited.
   */
  readonly maxConcurrent?: number;
  /**
   * The time limit of a call whose caller gives none, in milliseconds, which the server keeps: `'none'` for a method that
   * runs for as long as its caller listens, or as its work takes. Default: 60 s.
   */
  readonly timeoutMs?: TimeLimit;
  /**
   * Why callers should no longer use it, and what to use instead: one line, in `Describe`, the help, and the metadata that
   * travels back with each answer (`deprecated`), for which the client warns once. Default: it is not deprecated.
   */
  readonly deprecated?: string;
}

// eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type -- a method without options has none
type NoOptions = Record<never, never>;

type Run<A extends readonly Arg[], O extends OptionShape, Returned> = (
  ...args: RunArgs<A, O, CallContext>
) => Returned;

type Items<Y extends z.ZodType, R extends z.ZodType> = AsyncGenerator<Given<Y>, Given<R>, undefined>;

/** Declares a method that returns once. */
export function method<
  R extends z.ZodType,
  const A extends readonly Arg[] = [],
  O extends OptionShape = NoOptions,
  F extends Run<A, O, Given<R> | Promise<Given<R>>> = Run<A, O, Given<R> | Promise<Given<R>>>,
>(shape: MethodShape<A, O, R> & { readonly run: F }): MethodDefinition<CallArgs<A, O, F>, Received<R>, never>;
/** Declares a method that yields items (progress, or rows) before it returns its result. */
export function method<
  R extends z.ZodType,
  Y extends z.ZodType,
  const A extends readonly Arg[] = [],
  O extends OptionShape = NoOptions,
  F extends Run<A, O, Items<Y, R>> = Run<A, O, Items<Y, R>>,
>(
  shape: MethodShape<A, O, R> & { readonly yields: Y; readonly run: F },
): MethodDefinition<CallArgs<A, O, F>, Received<R>, Received<Y>>;
export function method(
  shape: MethodShape<readonly Arg[], OptionShape, z.ZodType> & {
    readonly yields?: z.ZodType;
    readonly run: (...args: never[]) => unknown;
  },
): MethodDefinition<never, never, never> {
  return {
    args: [],
    options: {},
    yields: undefined,
    idempotent: false,
    destructive: false,
    requiresReason: false,
    access: methodAccess,
    maxConcurrent: undefined,
    timeoutMs: defaultTimeoutMs,
    deprecated: undefined,
    ...shape,
    job: shape.job === true ? {} : shape.job === false ? undefined : shape.job,
  };
}

/**
 * Declares a property, which callers read by its name: `await proxy.size`. It has no effect, as a read may be repeated.
 *
 * @param schema the schema of its value; its description is the summary for the help
 * @param get returns its value
 * @param options `access`: what its reader must be, by default `view`; `deprecated`: as that of a method
 */
export function property<S extends z.ZodType>(
  schema: S,
  get: (context: CallContext) => Given<S> | Promise<Given<S>>,
  options: { readonly access?: Access; readonly deprecated?: string } = {},
): PropertyDefinition<Received<S>> {
  const { access = propertyAccess, deprecated } = options;
  const summary = schema.description ?? '';
  const definition = method({ summary, returns: schema, idempotent: true, run: get });
  return { ...definition, access, deprecated, isProperty: true };
}

/**
 * Defines an object by its methods.
 *
 * @throws TypeError for mistakes in the program, found when it starts: an invalid name of a method, two arguments with
 *   the same name, a method and a property with the same name, `values` from a method that cannot return them, a
 *   `maxConcurrent` below 1, a wrong `timeoutMs`, `job` or `access`, a `deprecated` of several lines, or a schema whose values cannot be
 *   carried
 */
export function defineObject<const M extends Methods, const P extends Properties = NoProperties>(shape: {
  readonly summary: string;
  readonly methods: M;
  /** What callers read by name, made by `property`. Default: none. */
  readonly properties?: P;
  /** Why callers should no longer use the object, or this version of it, as with methods. */
  readonly deprecated?: string;
  /** How many calls of all its methods together may run at once. Default: unlimited. */
  readonly maxConcurrent?: number;
  /** Stops what the object started, when its server stops. */
  readonly close?: () => Promise<void>;
  /** Called each time that a caller releases its reference to the object; must not throw. */
  readonly released?: () => void;
}): ObjectDefinition<M, P> {
  checkMaxConcurrent('the object', shape.maxConcurrent);
  checkDeprecated('the object', shape.deprecated);
  const properties: Properties = shape.properties ?? {};
  for (const [name, definition] of Object.entries(properties)) {
    checkProperty(name, definition, shape.methods);
  }
  for (const [name, definition] of Object.entries(shape.methods)) {
    checkMethod(name, definition);
    checkValues(name, definition, shape.methods);
  }
  const { summary, methods, deprecated, maxConcurrent, close, released } = shape;
  return objectDefinition({
    summary,
    methods,
    properties: properties as P,
    deprecated,
    maxConcurrent,
    close,
    released,
  });
}

function checkDeprecated(what: string, deprecated: string | undefined): void {
  const wrong = deprecated === undefined ? undefined : metadataError({ deprecated });
  if (deprecated === '' || wrong !== undefined) {
    throw new TypeError(`deprecated of ${what} must be one line of text; ${wrong?.message ?? 'it is empty'}`);
  }
}

function checkAccess(what: string, { access }: MethodDefinition): void {
  if (access !== undefined && !isAccess(access)) {
    throw new TypeError(`access of ${what} must be one of ${accessLevels.join(', ')}, not ${String(access)}`);
  }
}

function checkJob(name: string, { job }: MethodDefinition): void {
  const issue = job === undefined ? undefined : jobPolicy.strict().safeParse(job).error?.issues[0];
  if (issue !== undefined) {
    throw new TypeError(
      `job of method ${name} is no policy: ${['job', ...issue.path].join('.')}: ${issue.message}`,
    );
  }
}

function checkProperty(name: string, definition: PropertyDefinition, methods: Methods): void {
  if (!isProperty(definition)) {
    throw new TypeError(`the property "${name}" must be made by property()`);
  }
  if (Object.hasOwn(methods, name)) {
    throw new TypeError(`"${name}" is both a method and a property`);
  }
  checkName(name, 'property');
  checkSchemas(`property ${name}`, definition);
  checkDeprecated(`property ${name}`, definition.deprecated);
  checkAccess(`property ${name}`, definition);
}

function checkName(name: string, what: 'method' | 'property'): void {
  if (!methodNamePattern.test(name) || reservedMethodNames.has(name)) {
    throw new TypeError(`"${name}" is not a valid ${what} name`);
  }
}

function checkMaxConcurrent(what: string, max: number | undefined): void {
  if (max !== undefined && !(Number.isSafeInteger(max) && max >= 1)) {
    throw new TypeError(`maxConcurrent of ${what} must be an integer of at least 1, not ${String(max)}`);
  }
}

function checkMethod(name: string, definition: MethodDefinition): void {
  checkName(name, 'method');
  if (isProperty(definition)) {
    throw new TypeError(`"${name}" is a property, and belongs into properties, not methods`);
  }
  checkDeprecated(`method ${name}`, definition.deprecated);
  checkAccess(`method ${name}`, definition);
  checkMaxConcurrent(`method ${name}`, definition.maxConcurrent);
  const { timeoutMs } = definition;
  if (timeoutMs !== 'none' && !(Number.isSafeInteger(timeoutMs) && timeoutMs >= 1)) {
    throw new TypeError(
      `timeoutMs of method ${name} must be an integer of at least 1, or 'none', not ${String(timeoutMs)}`,
    );
  }
  checkJob(name, definition);
  const names = [...definition.args.map((each) => each.name), ...Object.keys(definition.options)];
  const duplicate = names.find((each, index) => names.indexOf(each) !== index);
  if (duplicate !== undefined) {
    throw new TypeError(`method ${name} has two arguments named "${duplicate}"`);
  }
  checkSchemas(`method ${name}`, definition);
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
