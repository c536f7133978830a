import { quoted } from '../names.js';
import { kebabCase } from '../text/field-name.js';
import { defaultMaxValues, tooManyValues } from '../text/parse-json.js';
import { ArgumentErrors } from './argument-errors.js';
import { type Coercion, coercionOf, type ListCoercion } from './coercion.js';
import type { MethodDescription } from './description.js';
import type { ArgvElement, FileArgument } from './file-argument.js';

/** The values of a command line, not yet checked by the schemas. */
export interface ArgvValues {
  readonly positionals: readonly unknown[];
  readonly options: Readonly<Record<string, unknown>>;
  /** Files whose content has to be read as text first; then the argv is read once more. */
  readonly unread: readonly FileArgument[];
  /** The names of secret arguments and options that were typed. */
  readonly typedSecrets: readonly string[];
}

/** What is found while argv is read. */
interface Reading {
  readonly unread: FileArgument[];
  readonly typedSecrets: string[];
}

interface Flag {
  readonly name: string;
  readonly coercion: Coercion | ListCoercion;
  /** A boolean needs no value. */
  readonly isSwitch: boolean;
}

/**
 * Reads the argv after a method's name. `--size 20GiB` and `--size=20GiB` are options, `--keep-disk` and
 * `--no-keep-disk` switches, a list's option may be repeated or hold commas, and after `--` every argument is
 * positional. An argument with one dash is positional too: `-5` is a number, and there are no one-letter options.
 */
export class ArgvReader {
  readonly #positionals: readonly { readonly name: string; readonly coercion: Coercion | ListCoercion }[];
  readonly #flags = new Map<string, Flag>();
  readonly #errors: ArgumentErrors;
  readonly #secrets: ReadonlySet<string>;

  constructor(method: MethodDescription, errors: ArgumentErrors) {
    this.#errors = errors;
    this.#positionals = method.args.map(({ name, schema }) => ({ name, coercion: coercionOf(schema) }));
    this.#secrets = new Set(
      [...method.args, ...method.options].filter((each) => each.secret === true).map(({ name }) => name),
    );
    for (const { name, flag, schema, placeholder } of method.options) {
      const entry = { name, coercion: coercionOf(schema), isSwitch: placeholder === undefined };
      this.#flags.set(flag, entry);
      this.#flags.set(`--${kebabCase(name)}`, entry);
    }
  }

  /** @throws RpcError `ARGUMENT_INVALID`, `FILE_EXPECTED`, `ARGUMENT_SURPLUS`, `OPTION_UNKNOWN` */
  read(argv: readonly ArgvElement[]): ArgvValues {
    const positionals: ArgvElement[] = [];
    const options: Record<string, unknown> = {};
    const reading: Reading = { unread: [], typedSecrets: [] };
    for (let index = 0; index < argv.length; index += 1) {
      const element = argv[index] ?? '';
      const typed = asTyped(element);
      if (typed === '--') {
        return this.#values(positionals.concat(argv.slice(index + 1)), options, reading);
      }
      if (!typed.startsWith('--')) {
        positionals.push(element);
        continue;
      }
      const equals = typed.indexOf('=');
      const { flag, isOn } = this.#findFlag(equals < 0 ? typed : typed.slice(0, equals), equals >= 0);
      let value: ArgvElement | undefined;
      if (equals >= 0) {
        value = typeof element === 'string' ? element.slice(equals + 1) : element;
      } else if (!flag.isSwitch) {
        index += 1;
        value = argv[index];
        if (value === undefined || asTyped(value).startsWith('--')) {
          throw this.#errors.unreadable(flag.name, `needs a value; write ${quoted(`${typed}=VALUE`)}`);
        }
      }
      const { name, coercion } = flag;
      this.#set(options, flag, value === undefined ? isOn : this.#coerce(name, coercion, value, reading));
    }
    return this.#values(positionals, options, reading);
  }

  #values(
    positionals: readonly ArgvElement[],
    options: Readonly<Record<string, unknown>>,
    reading: Reading,
  ): ArgvValues {
    return { positionals: this.#readPositionals(positionals, reading), options, ...reading };
  }

  #findFlag(given: string, hasValue: boolean): { flag: Flag; isOn: boolean } {
    const flag = this.#flags.get(given);
    if (flag !== undefined) {
      return { flag, isOn: true };
    }
    const negated = given.startsWith('--no-') ? this.#flags.get(`--${given.slice(5)}`) : undefined;
    if (negated?.isSwitch !== true || hasValue) {
      throw this.#errors.unknownOption(given);
    }
    return { flag: negated, isOn: false };
  }

  #set(options: Record<string, unknown>, { name, coercion }: Flag, value: unknown): void {
    const before = options[name];
    if (before !== undefined && !('item' in coercion)) {
      throw this.#errors.unreadable(name, 'is given twice');
    }
    options[name] = before === undefined ? value : [before, value].flat();
  }

  #readPositionals(elements: readonly ArgvElement[], reading: Reading): unknown[] {
    const last = this.#positionals.at(-1);
    const rest = last !== undefined && 'item' in last.coercion ? last : undefined;
    const single = rest === undefined ? this.#positionals : this.#positionals.slice(0, -1);
    if (rest === undefined && elements.length > single.length) {
      throw this.#errors.surplus(elements.length, asTyped(elements[single.length] ?? ''));
    }
    const values = single
      .slice(0, elements.length)
      .map(({ name, coercion }, index) => this.#coerce(name, coercion, elements[index] ?? '', reading));
    if (rest !== undefined && 'item' in rest.coercion && elements.length > single.length) {
      const { item } = rest.coercion;
      values.push(
        elements
          .slice(single.length)
          .flatMap((element) =>
            typeof element === 'string'
              ? this.#coerceOne(rest.name, item, element)
              : this.#coerce(rest.name, rest.coercion, element, reading),
          ),
      );
    }
    return values;
  }

  #coerce(
    name: string,
    coercion: Coercion | ListCoercion,
    element: ArgvElement,
    { unread, typedSecrets }: Reading,
  ): unknown {
    if (typeof element === 'string') {
      if (this.#secrets.has(name)) {
        typedSecrets.push(name);
      }
      return 'item' in coercion
        ? splitAt(element, ',').map((each) => this.#coerceOne(name, coercion.item, each))
        : this.#coerceOne(name, coercion, element);
    }
    if (!('item' in coercion) && coercion.stream !== undefined) {
      return coercion.stream(element.content);
    }
    const { text } = element;
    if (text === undefined) {
      unread.push(element);
      return undefined;
    }
    // A file for a list has one item per line.
    return 'item' in coercion
      ? splitAt(text, /\r?\n/)
          .filter((line) => line !== '')
          .map((line) => this.#coerceOne(name, coercion.item, line))
      : this.#coerceOne(name, coercion, text);
  }

  #coerceOne(name: string, coercion: Coercion, text: string): unknown {
    const value = coercion.read(text);
    if (value === undefined) {
      throw coercion.stream === undefined
        ? this.#errors.mistyped(name, coercion.expects, text)
        : this.#errors.fileExpected(name, coercion.expects, text);
    }
    return value;
  }
}

/**
 * Reads argv by a description alone, for a command that is used as a method is but has no schemas to check by.
 * @throws RpcError `ARGUMENT_MISSING` and what `ArgvReader` throws
 */
export function readArgv(method: MethodDescription, argv: readonly ArgvElement[]): ArgvValues {
  const errors = new ArgumentErrors(method, 'argv');
  const values = new ArgvReader(method, errors).read(argv);
  const missing = method.args[values.positionals.length];
  if (missing?.required === true) {
    throw errors.missing(missing.name);
  }
  return values;
}

/** Splits a list. @throws RpcError `MESSAGE_TOO_COMPLEX` */
function splitAt(text: string, separator: string | RegExp): string[] {
  const parts = text.split(separator, defaultMaxValues + 1);
  if (parts.length > defaultMaxValues) {
    throw tooManyValues(defaultMaxValues);
  }
  return parts;
}

function asTyped(element: ArgvElement): string {
  return typeof element === 'string' ? element : element.typed;
}
