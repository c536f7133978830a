import { z } from 'zod';

import { ArgumentErrors, type ArgumentForm } from './argument-errors.js';
import type { MethodDefinition } from './definition.js';
import { describeMethod, isOptional } from './describe.js';
import type { MethodDescription } from './description.js';
import type { ArgvElement } from './file-argument.js';
import { check, firstIssues } from './issues.js';
import { ArgvReader, type ArgvValues } from './argv.js';
import { masked, Secrets } from './secrets.js';
import { OutputSchema } from './output.js';

interface Parameter {
  readonly name: string;
  readonly schema: z.ZodType;
  readonly optional: boolean;
  /** Whether JSON's null stands for an absent argument: not if the schema accepts null. */
  readonly nullIsAbsent: boolean;
  /** Undefined if it has none. */
  readonly secrets: Secrets | undefined;
}

/** A method, prepared once for all of its calls. */
export class PreparedMethod {
  readonly name: string;
  readonly definition: MethodDefinition;
  readonly #parameters: readonly Parameter[];
  readonly #required: number;
  readonly #options: z.ZodType | undefined;
  readonly #optionSecrets: Secrets | undefined;
  /** Converts its results. */
  readonly returns: OutputSchema;
  /** Converts its items; undefined if it yields none. */
  readonly yields: OutputSchema | undefined;
  /** Whether some of its arguments are secret, or have secrets within. */
  readonly hasSecretArguments: boolean;
  #resultSecrets: { readonly secrets: Secrets | undefined } | undefined;
  #description: MethodDescription | undefined;
  #reader: ArgvReader | undefined;

  constructor(name: string, definition: MethodDefinition) {
    this.name = name;
    this.definition = definition;
    this.returns = new OutputSchema(definition.returns);
    this.yields = definition.yields === undefined ? undefined : new OutputSchema(definition.yields);
    this.#parameters = definition.args.map(({ name: argName, schema }) => ({
      name: argName,
      schema,
      optional: isOptional(schema),
      nullIsAbsent: !schema.safeParse(null).success,
      secrets: Secrets.of(schema),
    }));
    this.#required = this.#parameters.filter(({ optional }) => !optional).length;
    this.#options =
      Object.keys(definition.options).length === 0 ? undefined : z.strictObject(definition.options);
    this.#optionSecrets = this.#options && Secrets.of(this.#options);
    this.hasSecretArguments =
      this.#optionSecrets !== undefined || this.#parameters.some(({ secrets }) => secrets !== undefined);
  }

  /** The method as `Describe` returns it; created on first use, as most methods are only called with valid values. */
  get description(): MethodDescription {
    this.#description ??= describeMethod(this.name, this.definition);
    return this.#description;
  }

  /**
   * Converts a call's JSON values to the parameters of `run` before the context: all positional arguments (undefined for
   * absent optional ones), then the options if the method has any. The caller owns the array. A plain object after the
   * last positional argument, or last in place of an optional one, is the options; null counts as absent for an optional
   * argument that does not accept it.
   *
   * @throws RpcError `ARGUMENT_MISSING`, `ARGUMENT_SURPLUS`, `ARGUMENT_INVALID`, `OPTION_UNKNOWN`
   */
  bindValues(values: readonly unknown[]): unknown[] {
    const last = values.length - 1;
    const tail = values[last];
    const max = this.#parameters.length;
    const mayEndInOptions = this.#mayEndInOptions(last);
    if (mayEndInOptions && isPlainObject(tail)) {
      return this.#check(values, last, tail, 'values');
    }
    const given = mayEndInOptions && last === max && isAbsent(tail) ? max : values.length;
    if (given > max) {
      throw this.#errors('values').surplus(given, values[max]);
    }
    return this.#check(values, given, {}, 'values');
  }

  /** Does the same with the argv of a command line; returns a promise if the content of a file has to be read. */
  bindArgv(argv: readonly ArgvElement[]): unknown[] | Promise<unknown[]> {
    const { positionals, options, unread } = this.#readArgv(argv);
    if (unread.length > 0) {
      return Promise.all(unread.map((file) => file.readText())).then(() => this.bindArgv(argv));
    }
    return this.#check(positionals, positionals.length, options, 'argv');
  }

  /** Names the arguments and options of a command line that are secret and were typed there. @throws RpcError as `bindArgv` */
  secretsTyped(argv: readonly ArgvElement[]): readonly string[] {
    return this.hasSecretArguments ? this.#readArgv(argv).typedSecrets : [];
  }

  /** Returns a call's arguments for logs, as they were passed, with secrets masked; those of argv as it can be read. */
  maskArguments(
    input: { readonly values: readonly unknown[] } | { readonly argv: readonly ArgvElement[] },
  ): unknown[] {
    if ('values' in input) {
      return this.#mask(input.values);
    }
    if (!this.hasSecretArguments) {
      return input.argv.map((each) => (typeof each === 'string' ? each : each.typed));
    }
    try {
      const { positionals, options } = this.#readArgv(input.argv);
      return this.#mask(Object.keys(options).length === 0 ? positionals : [...positionals, options]);
    } catch {
      return input.argv.map(() => masked); // nobody knows which of them is secret
    }
  }

  /** Returns a result for logs, with secrets masked. */
  maskResult(result: unknown): unknown {
    this.#resultSecrets ??= { secrets: Secrets.of(this.definition.returns) };
    const { secrets } = this.#resultSecrets;
    return secrets === undefined ? result : secrets.mask(result);
  }

  /** Masks secrets, and values that are too many. */
  #mask(values: readonly unknown[]): unknown[] {
    if (!this.hasSecretArguments) {
      return [...values];
    }
    const last = values.length - 1;
    return values.map((value, index) => {
      const parameter = this.#parameters[index];
      if (index === last && this.#mayEndInOptions(last) && isPlainObject(value)) {
        return this.#optionSecrets?.mask(value) ?? value;
      }
      return parameter === undefined ? masked : (parameter.secrets?.mask(value) ?? value);
    });
  }

  /** Reports whether the last value of a call, at this index, may be its options. */
  #mayEndInOptions(last: number): boolean {
    return this.#options !== undefined && last >= this.#required && last <= this.#parameters.length;
  }

  #readArgv(argv: readonly ArgvElement[]): ArgvValues {
    this.#reader ??= new ArgvReader(this.description, this.#errors('argv'));
    return this.#reader.read(argv);
  }

  #check(
    values: readonly unknown[],
    given: number,
    options: Readonly<Record<string, unknown>>,
    form: ArgumentForm,
  ): unknown[] {
    const bound: unknown[] = [];
    let index = 0;
    for (const parameter of this.#parameters) {
      const value = index < given ? values[index] : undefined;
      index++;
      const checked = check(parameter.schema, value === null && parameter.nullIsAbsent ? undefined : value);
      if (checked.issues.length > 0) {
        throw isAbsent(value) && !parameter.optional
          ? this.#errors(form).missing(parameter.name)
          : this.#errors(form).invalidArgument(parameter.name, firstIssues(checked, parameter.secrets));
      }
      bound.push(checked.value);
    }
    if (this.#options !== undefined) {
      const checked = check(this.#options, options);
      if (checked.issues.length > 0) {
        throw this.#errors(form).invalidOptions(firstIssues(checked, this.#optionSecrets), options);
      }
      bound.push(checked.value);
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
