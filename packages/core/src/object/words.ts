import { quoted } from '../names.js';
import { kebabCase } from '../text/field-name.js';
import { type ArgumentErrors } from './argument-errors.js';
import { type Coercion, coercionOf, type ListCoercion } from './coercion.js';
import { type MethodDescription } from './description.js';

/** A command line's words as values, not yet checked by the schemas. */
export interface ReadWords {
  readonly positionals: readonly unknown[];
  readonly options: Readonly<Record<string, unknown>>;
}

interface Flag {
  readonly name: string;
  readonly coercion: Coercion | ListCoercion;
  /** A boolean needs no value. */
  readonly isSwitch: boolean;
}

/**
 * Reads the words after a method's name. `--size 20GiB` and `--size=20GiB` are options, `--keep-disk` and
 * `--no-keep-disk` switches, a list's option may stand several times or hold commas, and after `--` every word is
 * positional. A word with one dash is positional too: `-5` is a number, and there are no one-letter options.
 */
export class WordReader {
  readonly #positionals: readonly { readonly name: string; readonly coercion: Coercion | ListCoercion }[];
  readonly #flags = new Map<string, Flag>();
  readonly #errors: ArgumentErrors;

  constructor(method: MethodDescription, errors: ArgumentErrors) {
    this.#errors = errors;
    this.#positionals = method.args.map(({ name, schema }) => ({ name, coercion: coercionOf(schema) }));
    for (const { name, flag, schema, placeholder } of method.options) {
      const entry = { name, coercion: coercionOf(schema), isSwitch: placeholder === undefined };
      this.#flags.set(flag, entry);
      this.#flags.set(`--${kebabCase(name)}`, entry);
    }
  }

  /** @throws RpcError `ARGUMENT_INVALID`, `ARGUMENT_SURPLUS`, `OPTION_UNKNOWN` */
  read(words: readonly string[]): ReadWords {
    const positionalWords: string[] = [];
    const options: Record<string, unknown> = {};
    for (let index = 0; index < words.length; index += 1) {
      const word = words[index] ?? '';
      if (word === '--') {
        positionalWords.push(...words.slice(index + 1));
        break;
      }
      if (!word.startsWith('--')) {
        positionalWords.push(word);
        continue;
      }
      const { flag, value, needsValue } = this.#option(word);
      if (!needsValue) {
        this.#set(options, flag, value);
        continue;
      }
      index += 1;
      const next = words[index];
      if (next === undefined || next.startsWith('--')) {
        throw this.#errors.unreadable(flag.name, `needs a value; write ${quoted(`${word}=VALUE`)}`);
      }
      this.#set(options, flag, this.#coerce(flag.name, flag.coercion, next));
    }
    return { positionals: this.#readPositionals(positionalWords), options };
  }

  #option(word: string): { flag: Flag; value: unknown; needsValue: boolean } {
    const equals = word.indexOf('=');
    const given = equals < 0 ? word : word.slice(0, equals);
    const flag = this.#flags.get(given);
    if (flag !== undefined && equals >= 0) {
      const value = this.#coerce(flag.name, flag.coercion, word.slice(equals + 1));
      return { flag, value, needsValue: false };
    }
    if (flag !== undefined) {
      return { flag, value: true, needsValue: !flag.isSwitch };
    }
    const negated = given.startsWith('--no-') ? this.#flags.get(`--${given.slice(5)}`) : undefined;
    if (negated?.isSwitch === true && equals < 0) {
      return { flag: negated, value: false, needsValue: false };
    }
    throw this.#errors.unknownOption(given);
  }

  #set(options: Record<string, unknown>, { name, coercion }: Flag, value: unknown): void {
    const before = options[name];
    if (before !== undefined && !('item' in coercion)) {
      throw this.#errors.unreadable(name, 'is given twice');
    }
    options[name] = before === undefined ? value : [before, value].flat();
  }

  #readPositionals(words: readonly string[]): unknown[] {
    const last = this.#positionals.at(-1);
    const rest = last !== undefined && 'item' in last.coercion ? last : undefined;
    const single = rest === undefined ? this.#positionals : this.#positionals.slice(0, -1);
    if (rest === undefined && words.length > single.length) {
      throw this.#errors.surplus(words.length, words[single.length]);
    }
    const values = single
      .slice(0, words.length)
      .map(({ name, coercion }, index) => this.#coerce(name, coercion, words[index] ?? ''));
    if (rest !== undefined && 'item' in rest.coercion && words.length > single.length) {
      const { item } = rest.coercion;
      values.push(words.slice(single.length).map((word) => this.#coerceOne(rest.name, item, word)));
    }
    return values;
  }

  #coerce(name: string, coercion: Coercion | ListCoercion, word: string): unknown {
    return 'item' in coercion
      ? word.split(',').map((each) => this.#coerceOne(name, coercion.item, each))
      : this.#coerceOne(name, coercion, word);
  }

  #coerceOne(name: string, coercion: Coercion, word: string): unknown {
    const value = coercion.read(word);
    if (value === undefined) {
      throw this.#errors.unreadable(name, `must be ${coercion.expects}, not ${quoted(word)}`);
    }
    return value;
  }
}
