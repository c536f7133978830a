import type { MethodDescription, ObjectDescription, OptionDescription } from '@patchbay/objects';

import { type Candidate, type Completion, fitting } from './candidate.js';
import type { Sources } from './sources.js';
import { completeValue } from './values.js';

/** A method, or a verb, whose arguments are completed. */
export interface CompletedMethod {
  readonly description: MethodDescription;
  /** The object that has the method; undefined for a verb. */
  readonly object: ObjectDescription | undefined;
  /** The global options that may stand here too. */
  readonly globalOptions: readonly Candidate[];
}

/** Completes what follows a method: an option, an option's value, or a positional argument. */
export async function completeMethodArg(
  method: CompletedMethod,
  args: readonly string[],
  current: string,
  sources: Sources,
): Promise<Completion> {
  const { description, object } = method;
  const { positionals, used, pending, ended } = parseArgs(description, args);
  const valueOf = (argument: string): string | undefined =>
    positionals[description.args.findIndex(({ name }) => name === argument)];
  if (pending !== undefined) {
    return await completeValue({ schema: pending.schema, object, valueOf }, current, sources);
  }
  const options = [...optionCandidates(description, used), ...method.globalOptions];
  if (!ended && current.startsWith('-')) {
    const { flag, value } = /^(?<flag>--[^=]+)=(?<value>.*)$/s.exec(current)?.groups ?? {};
    const option = description.options.find((each) => each.flag === flag);
    if (option === undefined || value === undefined) {
      return { candidates: fitting(options, current), anything: false };
    }
    const { candidates } = await completeValue({ schema: option.schema, object, valueOf }, value, sources);
    const whole = candidates.map((each) => ({ ...each, value: `${option.flag}=${each.value}` }));
    return { candidates: whole, anything: false };
  }
  const last = description.args.at(-1);
  const argument = description.args[positionals.length] ?? (last?.schema.type === 'array' ? last : undefined);
  if (argument === undefined) {
    return { candidates: ended ? [] : fitting(options, current), anything: false };
  }
  return await completeValue({ schema: argument.schema, object, valueOf }, current, sources);
}

interface ParsedArgs {
  readonly positionals: readonly string[];
  readonly used: ReadonlySet<string>;
  /** The option whose value comes next. */
  readonly pending: OptionDescription | undefined;
  /** Whether a `--` has ended the options. */
  readonly ended: boolean;
}

/** Parses the arguments before the cursor, as far as they make sense. */
function parseArgs({ options }: MethodDescription, args: readonly string[]): ParsedArgs {
  const end = args.indexOf('--');
  const before = end < 0 ? args : args.slice(0, end);
  const positionals: string[] = [];
  const used = new Set<string>();
  let pending: OptionDescription | undefined;
  for (const arg of before) {
    if (pending !== undefined) {
      pending = undefined;
    } else if (arg.startsWith('--')) {
      const [flag = ''] = arg.split('=');
      const option = options.find((each) => each.flag === flag || negated(each) === flag);
      used.add(option?.flag ?? flag);
      pending = option?.placeholder === undefined || arg.includes('=') ? undefined : option;
    } else {
      positionals.push(arg);
    }
  }
  return end < 0
    ? { positionals, used, pending, ended: false }
    : { positionals: [...positionals, ...args.slice(end + 1)], used, pending: undefined, ended: true };
}

function optionCandidates({ options }: MethodDescription, used: ReadonlySet<string>): Candidate[] {
  return options
    .filter(({ flag, schema }) => schema.type === 'array' || !used.has(flag))
    .map((option) => ({
      value: option.schema.default === true ? negated(option) : option.flag,
      note: option.summary,
    }));
}

function negated({ flag }: OptionDescription): string {
  return flag.replace(/^--/, '--no-');
}
