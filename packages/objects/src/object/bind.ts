import { z } from 'zod';

import { ArgumentErrors, type ArgumentForm } from './argument-errors.js';
import { type MethodDefinition } from './definition.js';
import { describeMethod, isOptional } from './describe.js';
import { type MethodDescription } from './description.js';
import { type ArgvElement } from './file-argument.js';
import { ArgvReader } from './argv.js';

/** A method with what its calls need worked out once. */
export interface PreparedMethod {
  readonly name: string;
  readonly definition: MethodDefinition;
  /** The method as `Describe` tells it. */
  readonly description: MethodDescription;
  /**
   * Turns a call's JSON values into what `run` takes before the context: every positional argument (undefined where
   * an optional one is absent), then the options where the method has any. The array is the caller's own.
   * A plain object after the last positional argument, or last and at the place of an optional one, is the options;
   * null where an optional argument does not take it counts as absent.
   *
   * @throws RpcError `ARGUMENT_MISSING`, `ARGUMENT_SURPLUS`, `ARGUMENT_INVALID`, `OPTION_UNKNOWN`
   */
  bindValues(values: readonly unknown[]): unknown[];
  /**
   * The same for the words of a command line, which are read by the schemas first; later where one of them is the
   * content of a file that has to be read as a whole.
   */
  bindArgv(argv: readonly ArgvElement[]): unknown[] | Promise<unknown[]>;
}

/** Prepares a method for calls. */
export function prepareMethod(name: string, definition: MethodDefinition): PreparedMethod {
  return new Binder(name, definition);
}

interface Place {
  readonly name: string;
  readonly schema: z.ZodType;
  readonly optional: boolean;
  /** Whether JSON's null stands for an argument left out: not where the schema has a meaning for it. */
  readonly nullIsAbsent: boolean;
}

class Binder implements PreparedMethod {
  readonly name: string;
  readonly definition: MethodDefinition;
  readonly #places: readonly Place[];
  readonly #required: number;
  readonly #options: z.ZodType | undefined;
  #description: MethodDescription | undefined;
  #reader: ArgvReader | undefined;

  constructor(name: string, definition: MethodDefinition) {
    this.name = name;
    this.definition = definition;
    this.#places = definition.args.map(({ name: argName, schema }) => ({
      name: argName,
      schema,
      optional: isOptional(schema),
      nullIsAbsent: !schema.safeParse(null).success,
    }));
    this.#required = this.#places.filter(({ optional }) => !optional).length;
    this.#options =
      Object.keys(definition.options).length === 0 ? undefined : z.strictObject(definition.options);
  }

  /** Made when first asked for: most methods are only ever called with values that fit. */
  get description(): MethodDescription {
    this.#description ??= describeMethod(this.name, this.definition);
    return this.#description;
  }

  bindValues(values: readonly unknown[]): unknown[] {
    const last = values.length - 1;
    const tail = values[last];
    const most = this.#places.length;
    const mayEndInOptions = this.#options !== undefined && last >= this.#required && last <= most;
    if (mayEndInOptions && isPlainObject(tail)) {
      return this.#check(values, last, tail, 'values');
    }
    const given = mayEndInOptions && last === most && isAbsent(tail) ? most : values.length;
    if (given > most) {
      throw this.#errors('values').surplus(given, values[most]);
    }
    return this.#check(values, given, {}, 'values');
  }

  bindArgv(argv: readonly ArgvElement[]): unknown[] | Promise<unknown[]> {
    this.#reader ??= new ArgvReader(this.description, this.#errors('argv'));
    const { positionals, options, unread } = this.#reader.read(argv);
    if (unread.length > 0) {
      return Promise.all(unread.map((file) => file.readText())).then(() => this.bindArgv(argv));
    }
    return this.#check(positionals, positionals.length, options, 'argv');
  }

  #check(
    values: readonly unknown[],
    given: number,
    options: Readonly<Record<string, unknown>>,
    form: ArgumentForm,
  ): unknown[] {
    const bound: unknown[] = [];
    for (const [index, place] of this.#places.entries()) {
      const value = index < given ? values[index] : undefined;
      const parsed = place.schema.safeParse(value === null && place.nullIsAbsent ? undefined : value);
      if (!parsed.success) {
        throw isAbsent(value) && !place.optional
          ? this.#errors(form).missing(place.name)
          : this.#errors(form).invalidArgument(place.name, place.schema, value);
      }
      bound.push(parsed.data);
    }
    if (this.#options !== undefined) {
      const parsed = this.#options.safeParse(options);
      if (!parsed.success) {
        throw this.#errors(form).invalidOptions(this.#options, options);
      }
      bound.push(parsed.data);
    }
    return bound;
  }

  #errors(form: ArgumentForm): ArgumentErrors {
    return new ArgumentErrors(this.description, form);
  }
}

function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
