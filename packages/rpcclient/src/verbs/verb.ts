import { type ArgvValues, coreError, readArgv } from '@patchbay/objects';

import type { CommandLine } from '../command/command-line.js';
import type { CommandContext, Output } from '../command/context.js';
import type { GlobalOptionName } from '../command/global-options.js';
import type { Settings } from '../command/settings.js';
import { verbs } from '../command/verb-descriptions.js';
import type { VerbName } from '../command/verbs.js';

/**
 * Reads a verb's arguments and returns its task, which runs once or, with `--watch`, repeatedly.
 * @throws RpcError `ARGUMENT_INVALID`, `OPTION_UNKNOWN` and the like
 */
export type PrepareVerb = (
  line: CommandLine,
  settings: Settings,
  context: CommandContext,
) => Task | Promise<Task>;

/** What a verb does, and prints. */
export type Task = (out: Output) => Promise<void>;

/** The global options that only calls have a use for. */
const ofCalls = ['reason', 'yes', 'async', 'no-async', 'on', 'job'] as const;

/** Reads a verb's arguments. @throws RpcError `OPTION_UNKNOWN` for a global option that does not apply to the verb */
export function readVerbArgs(
  name: VerbName,
  { options, args }: CommandLine,
  inapplicable: readonly GlobalOptionName[],
): ArgvValues {
  const option = [...inapplicable, ...ofCalls].find((each) => options.has(each));
  if (option !== undefined) {
    throw coreError(
      'OPTION_UNKNOWN',
      `"${name}" takes no --${option}; if a method called "${name}" is meant, write OBJECT.${name}`,
      { details: { option: `--${option}` } },
    );
  }
  return readArgv(verbs[name], args);
}
