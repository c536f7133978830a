import { coreError, didYouMean, parseDuration, quoted } from '@patchbay/objects';

import { isOwnOption, type OwnOption, type OwnOptionName, ownOptions } from './own-options.js';

/** A command line taken apart. */
export interface CommandLine {
  /** The command's own options; those that take no value are there or not. */
  readonly own: ReadonlyMap<OwnOptionName, string>;
  /** `[OBJECT.]METHOD`; undefined when the words hold none. */
  readonly method: string | undefined;
  /** Whether a `--` stood before METHOD, which then is a method even if one of our verbs is called so. */
  readonly literal: boolean;
  /** The words for the method, as they were typed. */
  readonly words: readonly string[];
}

/**
 * Takes the command's own options out of the words of a command line, wherever they stand before the first `--`; the
 * rest goes to the method word for word. A `--` before METHOD hands over everything behind it, so that a method's
 * option of the same name as one of ours can be reached; one behind METHOD is the method's own and stays. An option
 * whose value may be left out takes the next word only where that looks like its value.
 *
 * yargs' parser does not serve here: it reads `-5`, `-json` and `--no-json` as options, whatever it is told.
 *
 * @throws RpcError `ARGUMENT_MISSING`, `ARGUMENT_INVALID`, `OPTION_UNKNOWN`
 */
export function readCommandLine(words: readonly string[]): CommandLine {
  const own = new Map<OwnOptionName, string>();
  const rest: string[] = [];
  let literal = false;
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (word === '--') {
      literal = rest.length === 0;
      rest.push(...words.slice(literal ? index + 1 : index));
      break;
    }
    const { name, value } = /^--(?<name>[^=]+)(?:=(?<value>.*))?$/s.exec(word)?.groups ?? {};
    if (name !== undefined && isOwnOption(name)) {
      const next = words[index + 1];
      if (isValueOptional(name) && value === undefined) {
        const isGiven = next !== undefined && parseDuration(next) !== undefined;
        index += isGiven ? 1 : 0;
        set(own, name, isGiven ? next : '');
      } else if (takesValue(name) && value === undefined) {
        index += 1;
        set(own, name, valueIn(next, name));
      } else {
        set(own, name, value);
      }
    } else if (rest.length === 0 && word.startsWith('-')) {
      throw unknownOption(word);
    } else {
      rest.push(word);
    }
  }
  const [method, ...others] = rest;
  return { own, method, literal, words: others };
}

/** Says whether one of the command's own options takes a value. */
export function takesValue(name: OwnOptionName): boolean {
  const option: OwnOption = ownOptions[name];
  return option.placeholder !== undefined;
}

/** Says whether it may stand without the value that it takes. */
export function isValueOptional(name: OwnOptionName): boolean {
  const option: OwnOption = ownOptions[name];
  return option.valueOptional === true;
}

function valueIn(word: string | undefined, name: OwnOptionName): string {
  if (word === undefined || word.startsWith('--')) {
    throw coreError('ARGUMENT_MISSING', `option --${name} needs a value; see "rpcclient --help"`);
  }
  return word;
}

function set(own: Map<OwnOptionName, string>, name: OwnOptionName, value: string | undefined): void {
  if (!takesValue(name)) {
    if (value !== undefined) {
      throw coreError('ARGUMENT_INVALID', `option --${name} takes no value, but was given ${quoted(value)}`);
    }
    own.set(name, '');
    return;
  }
  if (own.has(name)) {
    throw coreError('ARGUMENT_INVALID', `option --${name} is given twice`);
  }
  own.set(name, value ?? '');
}

function unknownOption(word: string): Error {
  const names = Object.keys(ownOptions).map((name) => `--${name}`);
  const hint = didYouMean(word, names) || '; options of a method stand behind it, see "rpcclient --help"';
  return coreError('OPTION_UNKNOWN', `unknown option ${quoted(word)} before a method${hint}`, {
    details: { option: word.slice(0, 80) },
  });
}
