import type { z } from 'zod';

import type { Listen } from '../address.js';
import type { TimeLimit } from '../call.js';
import type { Clock } from '../clock.js';
import { type Access, methodAccess, propertyAccess } from '../identity/access.js';
import type { JobPolicy } from '../jobs/policy.js';
import type { Log } from '../log.js';
import type { Interceptor } from './interceptor.js';
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
  /** Whether it destroys something; a caller may ask to be asked first. */
  readonly destructive: boolean;
  /** How it is carried out as a job, if it asks to be one by default; absent or undefined: it does not. */
  readonly job?: JobPolicy | undefined;
  /** Whether its caller must say why it is called, in the metadata `reason`. */
  readonly requiresReason?: boolean;
  /** What its caller must be; absent from definitions by earlier copies of this package: see `accessOf`. */
  readonly access?: Access;
  /** How many calls may run at once; undefined: unlimited. */
  readonly maxConcurrent: number | undefined;
  /** The time limit of calls whose caller gives none. */
  readonly timeoutMs: TimeLimit;
  /** Why callers should no longer use it, and what to use instead; undefined: they may. */
  readonly deprecated: string | undefined;
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

/** A property's type as its reader sees it: a method without arguments, for those who call it. */
export interface PropertySignature<Value> extends MethodSignature<readonly [], Value> {
  readonly property: true;
}

/** A property as the dispatcher sees it: an idempotent method without arguments. Create it with `property`. */
export interface PropertyDefinition<Value = unknown> extends MethodDefinition<readonly [], Value, never> {
  readonly isProperty: true;
}

/** The methods of an object by name. */
export type Methods = Readonly<Record<string, MethodDefinition>>;
/** The properties of an object by name. */
export type Properties = Readonly<Record<string, PropertyDefinition>>;
/** The properties of an object that has none. */
// eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type -- as it says
export type NoProperties = Readonly<Record<never, never>>;

/** Marks what `defineObject` made, by whichever copy of this package. */
const definitionBrand = Symbol.for('patchbay.object');

/** An object that can be hosted, or returned by a method: a plain value. Create it with `defineObject`. */
export interface ObjectDefinition<M extends Methods = Methods, P extends Properties = NoProperties> {
  readonly [definitionBrand]: true;
  readonly summary: string;
  readonly methods: M;
  readonly properties: P;
  /** Why callers should no longer use the object, or this version of it; undefined: they may. */
  readonly deprecated: string | undefined;
  /** How many calls of all its methods together may run at once; undefined: unlimited. */
  readonly maxConcurrent: number | undefined;
  /** Stops what the object started, when its server stops. */
  readonly close: (() => Promise<void>) | undefined;
  /** Called each time that a caller releases its reference to the object. */
  readonly released: (() => void) | undefined;
}

/** Brands a checked definition; not enumerably, so that a copy with other, unchecked methods is not branded. */
export function objectDefinition<M extends Methods, P extends Properties>(
  shape: Omit<ObjectDefinition<M, P>, typeof definitionBrand>,
): ObjectDefinition<M, P> {
  return Object.defineProperty({ ...shape }, definitionBrand, { value: true }) as ObjectDefinition<M, P>;
}

/** Reports whether a value was made by `defineObject`, of this copy of the package or another one. */
export function isObjectDefinition(value: unknown): value is ObjectDefinition {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, definitionBrand);
}

/** Reports whether a definition is that of a property. */
export function isProperty(definition: MethodDefinition): definition is PropertyDefinition {
  return 'isProperty' in definition;
}

/** Returns what the caller of a method, or the reader of a property, must be. */
export function accessOf(definition: MethodDefinition): Access {
  return definition.access ?? (isProperty(definition) ? propertyAccess : methodAccess);
}

/** Returns the properties of an object, which a definition by an earlier copy of this package does not know. */
export function propertiesOf({ properties }: { readonly properties?: Properties }): Properties {
  return properties ?? {};
}

/** Returns a method or a property of an object; undefined where it has neither. */
export function memberOf(definition: ObjectDefinition, name: string): MethodDefinition | undefined {
  const { methods } = definition;
  const all = Object.hasOwn(methods, name) ? methods : propertiesOf(definition);
  return Object.hasOwn(all, name) ? all[name] : undefined;
}

/**
 * The signatures of an object's methods and properties: what `client.proxy<SignaturesOf<typeof object>>` is made from.
 */
export type SignaturesOf<D extends ObjectDefinition> = {
  readonly [K in keyof D['methods'] | keyof D['properties']]: SignatureOf<
    (D['methods'] & D['properties'])[K]
  >;
};
type SignatureOf<D> =
  D extends PropertyDefinition<infer V>
    ? PropertySignature<V>
    : D extends MethodDefinition<infer A extends readonly unknown[], infer R, infer I>
      ? MethodSignature<A, R, I>
      : never;

/** What an object's module is given to create an object. */
export interface ObjectContext {
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  /** A directory of this object's own; it exists. */
  readonly stateDir: string;
  /** Where the server listens; absent where it does not, as in one process with its client. */
  readonly listen?: Listen | undefined;
  /** For clients that the object makes, as in `connect({ interceptors })`: with them the server logs their calls. */
  readonly interceptors?: readonly Interceptor[] | undefined;
  /** For clients that the object makes: where the server's name server is. */
  readonly nameServer?: string | undefined;
  /** For clients that the object makes: who the server is in its cluster, as `identity` of `connect`; absent where it is nobody. */
  readonly identity?: object | undefined;
  /** Aborts when the server stops. */
  readonly signal: AbortSignal;
}

/** What the `checkOptions` of an object's module is given beside the options. */
export interface CheckContext extends Pick<ObjectContext, 'name' | 'stateDir' | 'listen'> {
  /** The directory that the object will have; it need not exist yet. */
  readonly stateDir: string;
  /** Whether the server is running that hosts the object, or would: what it listens on is in use then. */
  readonly isServing: boolean;
  /** Where the objects that were checked before listen, by address, and as whose it is shown; an object adds its own. */
  readonly addresses?: Map<string, string> | undefined;
}

/** The default export of an object's module. It validates its options itself. */
export type ObjectFactory = (options: unknown, context: ObjectContext) => Promise<ObjectDefinition>;
