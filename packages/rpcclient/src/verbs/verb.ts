import {
  type ArgDescription,
  coreError,
  type MethodDescription,
  type OptionDescription,
  readArgv,
  type ArgvValues,
} from '@patchbay/objects';

import { type CommandLine } from '../command/command-line.js';
import { type OwnOptionName } from '../command/own-options.js';
import { type Settings } from '../command/settings.js';
import { type Output, type Stage } from '../command/stage.js';

/** A verb: what the command does by itself, beside calling methods. */
export interface Verb {
  /** How it is used, told as of a method, so that help and completion are made alike. */
  readonly description: MethodDescription;
  /** Reads the words and gives what is to be done, once or, with `--watch`, again and again. @throws RpcError */
  prepare(line: CommandLine, settings: Settings, stage: Stage): Task | Promise<Task>;
}

/** What a verb does, and prints. */
export type Task = (out: Output) => Promise<void>;

/** Describes a verb. */
export function describeVerb(
  name: string,
  summary: string,
  args: readonly ArgDescription[] = [],
  options: readonly OptionDescription[] = [],
): MethodDescription {
  return { name, summary, args: [...args], options: [...options], returns: {}, idempotent: true };
}

/** Describes a positional argument of a verb that is a text. */
export function textArg(
  name: string,
  summary: string,
  { required = false, choices }: { readonly required?: boolean; readonly choices?: readonly string[] } = {},
): ArgDescription {
  const schema = choices === undefined ? { type: 'string' } : { type: 'string', enum: [...choices] };
  return { name, summary, required, placeholder: name.toUpperCase(), schema };
}

/** Reads a verb's words, and refuses those of the command's own options that mean nothing to it. @throws RpcError */
export function readVerbWords(
  { description }: Pick<Verb, 'description'>,
  { own, words }: CommandLine,
  meaningless: readonly OwnOptionName[],
): ArgvValues {
  const option = meaningless.find((each) => own.has(each));
  if (option !== undefined) {
    const { name } = description;
    throw coreError(
      'OPTION_UNKNOWN',
      `"${name}" takes no --${option}; if a method called "${name}" is meant, write OBJECT.${name}`,
      { details: { option: `--${option}` } },
    );
  }
  return readArgv(description, words);
}
