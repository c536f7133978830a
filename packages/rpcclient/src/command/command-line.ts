import { coreError, didYouMean, parseDuration, quoted } from '@patchbay/objects';
import type { TlsFiles } from '@patchbay/objects/identity';
import { longForm } from '@patchbay/terminal';

import {
  type GlobalOption,
  type GlobalOptionName,
  globalOptions,
  isGlobalOption,
  tlsOptionNames,
} from './global-options.js';

/** The hidden verb that completion scripts run. No method can have its name, and help does not list it. */
export const completeVerb = '__complete';

/** A parsed command line. */
export interface CommandLine {
  /** The global options and their values; the value of an option that takes none is empty. */
  readonly options: ReadonlyMap<GlobalOptionName, string>;
  /** `[OBJECT.]METHOD` or a verb; undefined when there is none. */
  readonly method: string | undefined;
  /** Whether a `--` stood before METHOD, which is then a method even if a verb has that name. */
  readonly literal: boolean;
  /** The arguments for the method, as typed. */
  readonly args: readonly string[];
}

/**
 * Parses a command line: extracts the global options, wherever they stand before the first `--`; the rest goes to the
 * method unchanged. A `--` before METHOD passes on everything after it, so that a method's option with the name of a
 * global one can be reached; a `--` after METHOD belongs to the method and stays. An option whose value is optional
 * takes the next argument only if it looks like a value.
 *
 * @throws RpcError `ARGUMENT_MISSING`, `ARGUMENT_INVALID`, `OPTION_UNKNOWN`
 */
export function readCommandLine(argv: readonly string[]): CommandLine {
  const options = new Map<GlobalOptionName, string>();
  const rest: string[] = [];
  let literal = false;
  for (let index = 0; index < argv.length; index += 1) {
    const arg = argv[index] ?? '';
    if (arg === '--') {
      literal = rest.length === 0;
      rest.push(...argv.slice(literal ? index + 1 : index));
      break;
    }
    const { name, value } = /^--(?<name>[^=]+)(?:=(?<value>.*))?$/s.exec(longForm(arg))?.groups ?? {};
    if (name !== undefined && isGlobalOption(name)) {
      const next = argv[index + 1];
      const takesNext = isValueOptional(name)
        ? next !== undefined && parseDuration(next) !== undefined
        : takesValue(name);
      if (value === undefined && takesNext) {
        index += 1;
        setOption(options, name, requireValue(next, name));
      } else {
        setOption(options, name, value);
      }
    } else if (rest.length === 0 && arg.startsWith('-')) {
      throw unknownOption(arg);
    } else {
      rest.push(arg);
    }
  }
  const [method, ...args] = rest;
  return { options, method, literal, args };
}

/** Returns whether a command line asks for plain TCP; undefined where the environment decides. */
export function insecureIn({ options }: Pick<CommandLine, 'options'>): true | undefined {
  return options.has('insecure') || undefined;
}

/** Returns the files of a PKI of one's own that a command line names. */
export function tlsIn({ options }: Pick<CommandLine, 'options'>): Partial<TlsFiles> {
  const [certificate, key, roots] = tlsOptionNames.map((name) => options.get(name));
  return {
    ...(certificate !== undefined && { certificate }),
    ...(key !== undefined && { key }),
    ...(roots !== undefined && { roots }),
  };
}

/** Reports whether a global option takes a value. */
export function takesValue(name: GlobalOptionName): boolean {
  const option: GlobalOption = globalOptions[name];
  return option.placeholder !== undefined;
}

/** Reports whether the value of a global option is optional. */
export function isValueOptional(name: GlobalOptionName): boolean {
  const option: GlobalOption = globalOptions[name];
  return option.valueOptional === true;
}

function requireValue(arg: string | undefined, name: GlobalOptionName): string {
  if (arg === undefined || arg.startsWith('--')) {
    throw coreError('ARGUMENT_MISSING', `option --${name} needs a value; see "rpcclient --help"`);
  }
  return arg;
}

function setOption(
  options: Map<GlobalOptionName, string>,
  name: GlobalOptionName,
  value: string | undefined,
): void {
  if (!takesValue(name)) {
    if (value !== undefined) {
      throw coreError('ARGUMENT_INVALID', `option --${name} takes no value, but was given ${quoted(value)}`);
    }
    options.set(name, '');
    return;
  }
  if (options.has(name)) {
    throw coreError('ARGUMENT_INVALID', `option --${name} is given twice`);
  }
  options.set(name, value ?? '');
}

function unknownOption(arg: string): Error {
  const names = Object.keys(globalOptions).map((name) => `--${name}`);
  const hint = didYouMean(arg, names) || '; options of a method come after it, see "rpcclient --help"';
  return coreError('OPTION_UNKNOWN', `unknown option ${quoted(arg)} before a method${hint}`, {
    details: { option: arg.slice(0, 80) },
  });
}
