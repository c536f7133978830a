import type { Writable } from 'node:stream';
import yargs, { type Argv } from 'yargs';

import { coreError, didYouMean, exitStatusOf, isRpcError } from '@patchbay/objects';
import { errorLine } from '@patchbay/terminal';

import type { Command, ParsedArguments } from './command.js';
import type { ExternalCommands } from './external-commands.js';
import { runExternal } from './run-external.js';

/** A program of several commands. */
export interface Program {
  readonly name: string;
  readonly summary: string;
  readonly version: string;
  readonly commands: readonly Command[];
  /** Commands that are executables of their own. Default: none. `commands` take precedence. */
  readonly external?: ExternalCommands;
}

/** Where a program writes. */
export interface ProgramStreams {
  readonly stdout: Pick<Writable, 'write'>;
  readonly stderr: Pick<Writable, 'write'>;
}

/**
 * Runs the command that argv names and returns the exit status: 0, or that of the error's code. An error is printed as
 * one line on stderr, an `AggregateError` as one line per error; help and version go to stdout. A command that is an
 * executable of its own is run with the arguments after its name, and has its own exit status and output.
 */
export async function runProgram(
  program: Program,
  argv: readonly string[],
  { stdout, stderr }: ProgramStreams = process,
): Promise<number> {
  try {
    const external = findExternal(program, argv[0]);
    if (external !== undefined) {
      return await runExternal(external, argv.slice(1));
    }
    const { output, run } = await parse(program, argv);
    if (output !== '') {
      stdout.write(`${output}\n`);
    }
    await run();
    return 0;
  } catch (error) {
    const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
    stderr.write(errors.map((each) => `${errorLine(each)}\n`).join(''));
    return exitStatusOf(errors[0]);
  }
}

function ownNames(program: Program): string[] {
  return program.commands.map(({ usage }) => usage.split(' ')[0] ?? usage);
}

function findExternal(program: Program, name = ''): string | undefined {
  return ownNames(program).includes(name) ? undefined : program.external?.find(name);
}

/** Returns what argv asks for: help or the version as `output`, or a command to run. */
async function parse(program: Program, argv: readonly string[]) {
  const asked = { output: '', run: () => Promise.resolve() };
  const choose: Choose = (chosen, args) => {
    checkArguments(args, chosen, program);
    asked.run = () => chosen.run(args);
  };
  try {
    // With a callback, yargs passes the help to it instead of printing it.
    await parserOf(program, argv, choose).parseAsync(argv, {}, (_error, _args, text) => {
      asked.output = text;
    });
  } catch (error) {
    throw isRpcError(error) ? error : usageError(program, error as Error);
  }
  return asked;
}

type Choose = (chosen: Command, args: ParsedArguments) => void;

function parserOf(program: Program, argv: readonly string[], choose: Choose): Argv {
  const parser = yargs()
    .scriptName(program.name)
    .usage(`$0 COMMAND\n\n${program.summary}`)
    .locale('en')
    .version(program.version)
    .help()
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'greedy-arrays': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .exitProcess(false)
    .fail(false)
    .command('$0', false, {}, (args) => {
      throw unknownCommand(program, args._[0]);
    });
  // They are searched for only where the help lists them.
  const others = ownNames(program).includes(argv[0] ?? '') ? [] : (program.external?.names() ?? []);
  if (others.length > 0) {
    const lines = others.map((name) => `  ${program.name} ${name}`);
    parser.epilogue(['Commands that are programs of their own:', ...lines].join('\n'));
  }
  return program.commands.reduce((all, each) => addCommand(all, each, choose), parser);
}

function addCommand(parser: Argv, each: Command, choose: Choose): Argv {
  return parser.command(
    each.usage,
    each.summary,
    (own) => {
      const withPositionals = Object.entries(each.positionals).reduce<Argv>(
        (all, [name, positional]) => all.positional(name, positional),
        own,
      );
      return Object.entries(each.options).reduce<Argv>(
        (all, [name, option]) => all.option(name, { requiresArg: option.type !== 'boolean', ...option }),
        withPositionals,
      );
    },
    (args) => {
      choose(each, args);
    },
  );
}

/** Refuses what yargs accepts: unknown options, surplus arguments, and a repeated option that takes one value. */
function checkArguments(
  args: ParsedArguments,
  { usage, positionals, options }: Command,
  program: Program,
): void {
  const [name = ''] = usage.split(' ');
  const help = `see "${program.name} ${name} --help"`;
  const surplus = args._[1];
  if (surplus !== undefined) {
    throw coreError('ARGUMENT_SURPLUS', `surplus argument ${JSON.stringify(surplus)}; ${help}`);
  }
  const optionNames = Object.entries(options).flatMap(([option, { alias = [] }]) => [option, alias].flat());
  const known = new Set(['_', '$0', 'help', 'version', ...Object.keys(positionals), ...optionNames]);
  for (const [key, value] of Object.entries(args)) {
    if (!known.has(key)) {
      const hint = didYouMean(key, optionNames) || `; ${help}`;
      throw coreError('OPTION_UNKNOWN', `unknown option ${dashed(key)}${hint}`);
    }
    const option = options[key];
    if (Array.isArray(value) && option !== undefined && option.array !== true) {
      const why = `takes one value and was given several; ${help}`;
      throw coreError('ARGUMENT_INVALID', `option ${dashed(key)} ${why}`);
    }
  }
}

function dashed(option: string): string {
  return option.length === 1 ? `-${option}` : `--${option}`;
}

function unknownCommand(program: Program, name: string | number | undefined): Error {
  const help = `see "${program.name} --help"`;
  if (name === undefined) {
    return coreError('ARGUMENT_MISSING', `a command is required; ${help}`);
  }
  const names = [...ownNames(program), ...(program.external?.names() ?? [])];
  const hint = didYouMean(String(name), names) || `; ${help}`;
  return coreError('ARGUMENT_INVALID', `unknown command ${JSON.stringify(name)}${hint}`);
}

/** Converts an error of yargs about the usage. */
function usageError(program: Program, error: Error): Error {
  const reason = /^(?:Missing|Not enough)/.test(error.message) ? 'ARGUMENT_MISSING' : 'ARGUMENT_INVALID';
  const text = error.message.replace(/\s+/g, ' ').trim();
  const message = text.charAt(0).toLowerCase() + text.slice(1);
  return coreError(reason, `${message}; see "${program.name} --help"`, { cause: error });
}

/**
 * Exits the process half a second from now if something still keeps it alive then: a method that ignores its signal,
 * a peer that neither reads nor closes. Call it when the program's work is done and `process.exitCode` is set.
 */
export function exitIfHanging(): void {
  setTimeout(() => process.exit(), 500).unref();
}
