import { Parser } from 'yargs/helpers';

import { ArgumentErrors, quoted } from '@patchbay/objects';
import { longForm } from '@patchbay/terminal';

import { type Command, describeCommand, type Parameter, type Parameters } from './command.js';

/** The options that every command has. */
export const commonOptions = {
  help: { type: 'boolean', summary: 'Show help, also that of a command' },
  version: { type: 'boolean', summary: 'Show the version' },
} as const satisfies Parameters;

/** Parsed argv, not yet checked. */
export interface Parsed {
  readonly positionals: readonly string[];
  /** The values of options by name, known or not; an unknown option has no value, or takes the next argument. */
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * Parses argv by the options that are known; a `--` ends them.
 * @param halting whether to stop at the first positional argument: it and all that follow are `positionals`
 */
export function parseArgv(argv: readonly string[], options: Parameters, halting = false): Parsed {
  const ofType = (type: Parameter['type']): string[] =>
    Object.keys(options).filter((name) => options[name]?.type === type);
  const end = argv.indexOf('--');
  const spelled = argv.map((arg, index) => (end < 0 || index < end ? spellOut(arg, options) : arg));
  const {
    _: before,
    '--': after = [],
    ...values
  } = Parser.detailed(spelled, {
    string: [...ofType('string'), ...ofType('boolean')], // a boolean would swallow a "true" that follows
    configuration: {
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'greedy-arrays': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'populate--': true,
      'halt-at-non-option': halting,
    },
  }).argv;
  return { positionals: [...before, ...after].map(String), values };
}

/** Ties a `-`, which stands for standard input, to the option whose value it is: the parser takes it for an argument. */
export function tieDashes(argv: readonly string[], options: Parameters): string[] {
  const isAwaited = (arg = ''): boolean =>
    arg.startsWith('--') && Object.hasOwn(options, arg.slice(2)) && options[arg.slice(2)]?.type === 'string';
  return argv.flatMap((arg, index) => {
    if (arg === '-' && isAwaited(argv[index - 1])) {
      return [];
    }
    return argv[index + 1] === '-' && isAwaited(arg) ? [`${arg}=-`] : [arg];
  });
}

/** Spells short options and switches out: `--format=json` for `-ojson`, `--json=true` for `--json`. */
function spellOut(arg: string, options: Parameters): string {
  const long = longForm(arg).replace(/^-o(?=.)/, '--format=');
  const isSwitch = (name: string): boolean =>
    Object.hasOwn(options, name) && options[name]?.type === 'boolean';
  if (long.startsWith('--no-') && isSwitch(long.slice(5))) {
    return `--${long.slice(5)}=false`;
  }
  return long.startsWith('--') && isSwitch(long.slice(2)) ? `${long}=true` : long;
}

/**
 * Returns the values of a command's arguments and options.
 * @throws RpcError `OPTION_UNKNOWN`, `ARGUMENT_INVALID`, `ARGUMENT_SURPLUS`, `ARGUMENT_MISSING`
 */
export function readArguments(
  command: Command,
  { positionals, values: given }: Parsed,
  program: string,
): Readonly<Record<string, unknown>> {
  const { args, options } = command;
  const errors = new ArgumentErrors(describeCommand(command, program), 'argv');
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    const option = Object.hasOwn(options, name) ? options[name] : undefined;
    if (option === undefined) {
      throw errors.unknownOption(name.length === 1 ? `-${name}` : `--${name}`);
    }
    values[name] = readOption(name, option, [value].flat(), errors);
  }
  const most = Object.keys(args).length;
  Object.entries(args).forEach(([name, { repeated = false }], index) => {
    if (index < positionals.length) {
      values[name] = repeated ? positionals.slice(index) : positionals[index];
    }
  });
  if (positionals.length > most && Object.values(args).at(-1)?.repeated !== true) {
    throw errors.surplus(positionals.length, positionals[most]);
  }
  for (const [name, parameter] of Object.entries({ ...args, ...options })) {
    if (values[name] === undefined && parameter.required === true) {
      throw errors.missing(name);
    }
    values[name] ??= parameter.default;
  }
  return values;
}

/** @throws RpcError `ARGUMENT_INVALID` */
function readOption(
  name: string,
  { type, repeated = false, alternatives = [] }: Parameter,
  texts: readonly unknown[],
  errors: ArgumentErrors,
): unknown {
  if (texts.includes('')) {
    throw errors.unreadable(name, `needs a value; write ${quoted(`--${name}=VALUE`)}`);
  }
  if (repeated) {
    return texts;
  }
  const [text] = texts;
  if (texts.length > 1) {
    throw errors.unreadable(name, 'is given twice');
  }
  if (typeof text === 'string' && alternatives.includes(text)) {
    return text;
  }
  if (type === 'boolean' && text !== 'true' && text !== 'false') {
    const values = ['true', 'false', ...alternatives].map(quoted);
    const others = values.slice(0, -1).join(', ');
    throw errors.unreadable(name, `must be ${others} or ${values.at(-1) ?? ''}, not ${quoted(String(text))}`);
  }
  return type === 'boolean' ? text === 'true' : text;
}
