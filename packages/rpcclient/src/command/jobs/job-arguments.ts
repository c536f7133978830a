import {
  type ArgvElement,
  FileArgument,
  isRpcError,
  jobsError,
  type MethodDescription,
  parseJson,
  quoted,
  readArgv,
} from '@patchbay/objects';
import type { StreamArgument } from '@patchbay/session/client';

import { liveArgument } from '../../jobs/live-arguments.js';

/** The arguments of a job as values: positional ones, then the options if there are any. */
export interface JobArguments {
  readonly values: readonly unknown[];
  /** The names of secret arguments and options that were typed. */
  readonly typedSecrets: readonly string[];
}

/**
 * Reads the arguments of a command line as the server of a method does, by its description. Files and standard input are
 * read where they stand for a text.
 *
 * @throws RpcError `ARGUMENT_INVALID` and the like, and `JOB_ARGUMENT_LIVE` for a stream
 */
export async function describedArguments(
  method: MethodDescription,
  argv: readonly (string | StreamArgument)[],
): Promise<JobArguments> {
  const elements = argv.map((each) =>
    typeof each === 'string' ? each : new FileArgument(each.typed, each.content),
  );
  let read = readDescribed(method, elements);
  if (read.unread.length > 0) {
    for (const file of read.unread) {
      await file.readText();
    }
    read = readDescribed(method, elements);
  }
  const { positionals, options, typedSecrets } = read;
  return {
    values: Object.keys(options).length === 0 ? positionals : [...positionals, options],
    typedSecrets,
  };
}

function readDescribed(method: MethodDescription, argv: readonly ArgvElement[]): ReturnType<typeof readArgv> {
  try {
    return readArgv(method, argv);
  } catch (error) {
    if (isRpcError(error, 'FILE_EXPECTED')) {
      const { argument } = error.details;
      throw liveArgument(`${quoted(String(argument))} of ${method.name} is a stream`, String(argument));
    }
    throw error;
  }
}

/**
 * Reads the arguments of a command line of a method that nobody here can describe: what is JSON is that value, anything
 * else a text. `--size=5` and `--size 5` are options, `--keep` and `--no-keep` switches, an option that is repeated a
 * list, and after `--` every argument is positional.
 *
 * @throws RpcError `JOB_ARGUMENT_LIVE`
 */
export function undescribedArguments(argv: readonly string[]): readonly unknown[] {
  const positionals: unknown[] = [];
  const options: Record<string, unknown> = {};
  const set = (flag: string, value: unknown): void => {
    const name = flag.replace(/-+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
    options[name] = Object.hasOwn(options, name) ? [options[name], value].flat() : value;
  };
  for (let index = 0; index < argv.length; index += 1) {
    const arg = argv[index] ?? '';
    if (arg === '--') {
      positionals.push(...argv.slice(index + 1).map(jsonOrText));
      break;
    }
    const [, flag, value] = /^--([A-Za-z][\w-]*)(?:=(.*))?$/s.exec(arg) ?? [];
    if (flag === undefined) {
      positionals.push(kept(arg));
      continue;
    }
    const next = argv[index + 1];
    if (value !== undefined) {
      set(flag, kept(value));
    } else if (next !== undefined && !next.startsWith('--')) {
      index += 1;
      set(flag, kept(next));
    } else {
      set(flag.replace(/^no-/, ''), !flag.startsWith('no-'));
    }
  }
  return Object.keys(options).length === 0 ? positionals : [...positionals, options];
}

function kept(word: string): unknown {
  if (word === '-' || /^@(?!@)/.test(word)) {
    throw jobsError(
      'JOB_ARGUMENT_LIVE',
      `${quoted(word)} is read by the call, and nobody here knows the method: give the text itself, or upload the file first`,
      { details: { path: word.slice(0, 80) } },
    );
  }
  return jsonOrText(word.startsWith('@@') ? word.slice(1) : word);
}

function jsonOrText(word: string): unknown {
  try {
    return parseJson(word);
  } catch (error) {
    if (isRpcError(error)) {
      throw error;
    }
    return word;
  }
}
