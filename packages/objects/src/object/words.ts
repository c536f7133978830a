import { quoted } from '../names.js';
import { kebabCase } from '../text/field-name.js';
import { ArgumentErrors } from './argument-errors.js';
import { type Coercion, coercionOf, type ListCoercion } from './coercion.js';
import { type MethodDescription } from './description.js';
import { type StreamedWord, type Word } from './streamed-word.js';

/** A command line's words as values, not yet checked by the schemas. */
export interface ReadWords {
  readonly positionals: readonly unknown[];
  readonly options: Readonly<Record<string, unknown>>;
  /** Words whose content has to be read as text first; then the words are read once more. */
  readonly unread: readonly StreamedWord[];
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

  /** @throws RpcError `ARGUMENT_INVALID`, `FILE_EXPECTED`, `ARGUMENT_SURPLUS`, `OPTION_UNKNOWN` */
  read(words: readonly Word[]): ReadWords {
    const positionalWords: Word[] = [];
    const options: Record<string, unknown> = {};
    const unread: StreamedWord[] = [];
    for (let index = 0; index < words.length; index += 1) {
      const word = words[index] ?? '';
      const typed = spelling(word);
      if (typed === '--') {
        positionalWords.push(...words.slice(index + 1));
        break;
      }
      if (!typed.startsWith('--')) {
        positionalWords.push(word);
        continue;
      }
      const { flag, value, needsValue } = this.#option(word, unread);
      if (!needsValue) {
        this.#set(options, flag, value);
        continue;
      }
      index += 1;
      const next = words[index];
      if (next === undefined || spelling(next).startsWith('--')) {
        throw this.#errors.unreadable(flag.name, `needs a value; write ${quoted(`${typed}=VALUE`)}`);
      }
      this.#set(options, flag, this.#coerce(flag.name, flag.coercion, next, unread));
    }
    return { positionals: this.#readPositionals(positionalWords, unread), options, unread };
  }

  #option(word: Word, unread: StreamedWord[]): { flag: Flag; value: unknown; needsValue: boolean } {
    const typed = spelling(word);
    const equals = typed.indexOf('=');
    const given = equals < 0 ? typed : typed.slice(0, equals);
    const flag = this.#flags.get(given);
    if (flag !== undefined && equals >= 0) {
      const text = typeof word === 'string' ? word.slice(equals + 1) : word;
      const value = this.#coerce(flag.name, flag.coercion, text, unread);
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

  #readPositionals(words: readonly Word[], unread: StreamedWord[]): unknown[] {
    const last = this.#positionals.at(-1);
    const rest = last !== undefined && 'item' in last.coercion ? last : undefined;
    const single = rest === undefined ? this.#positionals : this.#positionals.slice(0, -1);
    if (rest === undefined && words.length > single.length) {
      throw this.#errors.surplus(words.length, spelling(words[single.length] ?? ''));
    }
    const values = single
      .slice(0, words.length)
      .map(({ name, coercion }, index) => this.#coerce(name, coercion, words[index] ?? '', unread));
    if (rest !== undefined && 'item' in rest.coercion && words.length > single.length) {
      const { item } = rest.coercion;
      values.push(
        words
          .slice(single.length)
          .flatMap((word) =>
            typeof word === 'string'
              ? this.#coerceOne(rest.name, item, word)
              : this.#coerce(rest.name, rest.coercion, word, unread),
          ),
      );
    }
    return values;
  }

  #coerce(name: string, coercion: Coercion | ListCoercion, word: Word, unread: StreamedWord[]): unknown {
    if (typeof word === 'string') {
      return 'item' in coercion
        ? word.split(',').map((each) => this.#coerceOne(name, coercion.item, each))
        : this.#coerceOne(name, coercion, word);
    }
    if (!('item' in coercion) && coercion.stream !== undefined) {
      return coercion.stream(word.content);
    }
    const { text } = word;
    if (text === undefined) {
      unread.push(word);
      return undefined;
    }
    // A file of a list has an item a line.
    return 'item' in coercion
      ? text
          .split(/\r?\n/)
          .filter((line) => line !== '')
          .map((line) => this.#coerceOne(name, coercion.item, line))
      : this.#coerceOne(name, coercion, text);
  }

  #coerceOne(name: string, coercion: Coercion, word: string): unknown {
    const value = coercion.read(word);
    if (value === undefined) {
      throw coercion.stream === undefined
        ? this.#errors.unreadable(name, `must be ${coercion.expects}, not ${quoted(word)}`)
        : this.#errors.fileExpected(name, coercion.expects, word);
    }
    return value;
  }
}

/**
 * Reads words by a description alone, for a command that is used as a method is but has no schemas to check by.
 * @throws RpcError `ARGUMENT_MISSING` and what `WordReader` throws
 */
export function readWords(method: MethodDescription, words: readonly string[]): ReadWords {
  const errors = new ArgumentErrors(method, 'words');
  const read = new WordReader(method, errors).read(words);
  const missing = method.args[read.positionals.length];
  if (missing?.required === true) {
    throw errors.missing(missing.name);
  }
  return read;
}

function spelling(word: Word): string {
  return typeof word === 'string' ? word : word.word;
}
