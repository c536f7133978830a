import type { Writable } from 'node:stream';

import { coreError, didYouMean, exitStatusOf, quoted } from '@patchbay/objects';
import { asksForJson, failureText, textWidth } from '@patchbay/terminal';

import { command, type Command, type Parameter, type Parameters } from './command.js';
import type { ExternalCommands } from './external-commands.js';
import { checkFormat } from './print-result.js';
import { commandHelp, programHelp } from './program-help.js';
import { commonOptions, parseArgv, readArguments, tieDashes } from './read-arguments.js';
import { runExternal } from './run-external.js';
import { endOnFailedOutput } from './standard-output.js';

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
  readonly stdout: Pick<Writable, 'write'> & { readonly columns?: number };
  readonly stderr: Pick<Writable, 'write'>;
}

/** Runs a program as this process: it ends with the program's exit status, also if its output cannot be written. */
export async function runMain(program: Program, argv = process.argv.slice(2)): Promise<void> {
  endOnFailedOutput(argv);
  process.exitCode = await runProgram(program, argv);
  exitIfHanging();
}

/**
 * Runs the command that argv names and returns the exit status: 0, or that of the error's code. An error is printed as
 * one line on stderr, an `AggregateError` as one line per error, both as one JSON value if argv asks for JSON; help and
 * version go to stdout. A command that is an executable of its own is run with the arguments after its name, and has
 * its own exit status and output.
 */
export async function runProgram(
  program: Program,
  argv: readonly string[],
  streams: ProgramStreams = process,
): Promise<number> {
  try {
    return await perform(program, argv, streams);
  } catch (error) {
    streams.stderr.write(failureText(error, asksForJson(argv)));
    return exitStatusOf(error instanceof AggregateError ? error.errors[0] : error);
  }
}

/** Prints the help or the version, or runs a command. @throws RpcError for invalid arguments, or of the command */
async function perform(program: Program, argv: readonly string[], streams: ProgramStreams): Promise<number> {
  const { name, version } = program;
  const commands = [...program.commands, help];
  const show = (text: string): number => {
    streams.stdout.write(`${text}\n`);
    return 0;
  };
  const none = noCommand(commands);
  const { chosen, rest } = splitArgv(argv, none.options);
  const found = chosen === undefined ? none : findCommand(program, commands, chosen);
  if (typeof found === 'string') {
    return await runExternal(found, rest);
  }
  const { positionals, values } = parseArgv(rest, { ...found.options, ...commonOptions });
  const { help: asksForHelp, version: asksForVersion, ...given } = values;
  if (asksForVersion !== undefined) {
    return show(version);
  }
  if (asksForHelp !== undefined) {
    const width = textWidth(streams.stdout);
    const names = program.external?.names() ?? [];
    const others = names.filter((each) => !commands.some((own) => own.name === each));
    return show(
      found === none ? programHelp({ ...program, commands, others }, width) : commandHelp(name, found, width),
    );
  }
  const read = readArguments(found, { positionals, values: given }, name);
  if (found === none) {
    throw coreError('ARGUMENT_MISSING', `a command is required; see "${name} help"`);
  }
  if (found === help) {
    const about = typeof read.command === 'string' ? [read.command] : [];
    return await perform(program, [...about, '--help'], streams);
  }
  checkFormat(read); // before anything is done
  await found.run(read);
  return 0;
}

/** Shows help: `help NAME` is `NAME --help`. */
const help = command({
  name: 'help',
  summary: 'Show this help, or that of a command',
  args: { command: { type: 'string', summary: 'The command' } },
  run: () => Promise.resolve(),
});

/** Returns what stands for the command where argv names none: it has the options of all commands. */
function noCommand(commands: readonly Command[]): Command {
  const options = commands.flatMap((each) => Object.entries(each.options));
  const optional = options.map(([name, option]): [string, Parameter] => [
    name,
    { ...option, required: false },
  ]);
  return { ...help, name: '', args: {}, options: Object.fromEntries(optional) };
}

/** Splits argv at the command, before which options of any command may stand. */
function splitArgv(given: readonly string[], options: Parameters) {
  const argv = tieDashes(given, options);
  const { positionals } = parseArgv(argv, { ...options, ...commonOptions }, true);
  const index = argv.length - positionals.length;
  return positionals.length === 0
    ? { chosen: undefined, rest: argv.length === 0 ? ['--help'] : argv }
    : { chosen: argv[index], rest: argv.toSpliced(index, 1) };
}

/** Finds a command, or the path of one that is an executable of its own. @throws RpcError `ARGUMENT_INVALID` */
function findCommand(
  { name: program, external }: Program,
  commands: readonly Command[],
  name: string,
): Command | string {
  const found = commands.find((each) => each.name === name) ?? external?.find(name);
  if (found === undefined) {
    const names = [...commands.map((each) => each.name), ...(external?.names() ?? [])];
    const hint = didYouMean(name, names) || `; see "${program} help"`;
    throw coreError('ARGUMENT_INVALID', `${program} has no command ${quoted(name)}${hint}`);
  }
  return found;
}

/**
 * Exits the process half a second from now if something still keeps it alive then: a method that ignores its signal,
 * a peer that neither reads nor closes. Call it when the program's work is done and `process.exitCode` is set.
 */
function exitIfHanging(): void {
  setTimeout(() => process.exit(), 500).unref();
}
