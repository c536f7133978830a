import {
  type ArgDescription,
  type JsonSchema,
  type MethodDescription,
  type ObjectDescription,
  type OptionDescription,
  valuesOf,
} from '@patchbay/objects';

import { type Candidate, candidatesOf, type Completion, fitting } from './candidate.js';
import type { Sources } from './sources.js';

interface CompletedMethod {
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
  const valuesFor = ({ schema }: OptionDescription | ArgDescription, typed: string): Promise<Completion> => {
    const valueOf = (argument: string): string | undefined =>
      positionals[description.args.findIndex(({ name }) => name === argument)];
    return completeValue({ schema, object, valueOf }, typed, sources);
  };
  if (pending !== undefined) {
    return await valuesFor(pending, current);
  }
  const options = [...optionCandidates(description, used), ...method.globalOptions];
  if (!ended && current.startsWith('-')) {
    const { flag, value } = /^(?<flag>--[^=]+)=(?<value>.*)$/s.exec(current)?.groups ?? {};
    const option = description.options.find((each) => each.flag === flag);
    if (option === undefined || value === undefined) {
      return { candidates: fitting(options, current), anything: false };
    }
    const { candidates } = await valuesFor(option, value);
    const whole = candidates.map((each) => ({ ...each, value: `${option.flag}=${each.value}` }));
    return { candidates: whole, anything: false };
  }
  const last = description.args.at(-1);
  const argument = description.args[positionals.length] ?? (last?.schema.type === 'array' ? last : undefined);
  if (argument === undefined) {
    return { candidates: ended ? [] : fitting(options, current), anything: false };
  }
  return await valuesFor(argument, current);
}

/**
 * Parses the arguments before the cursor, as far as they make sense: `pending` is the option whose value comes next, and
 * `ended` reports whether a `--` has ended the options.
 */
function parseArgs({ options }: MethodDescription, args: readonly string[]) {
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

interface CompletedArgument {
  readonly schema: JsonSchema;
  /** The object that has the method; undefined for a verb. */
  readonly object: ObjectDescription | undefined;
  /** Returns the value that the command line has for another argument. */
  readonly valueOf: (argument: string) => string | undefined;
}

/** Completes a value: one of a choice, or one that the object lists; anything where neither is known. */
async function completeValue(
  { schema, object, valueOf }: CompletedArgument,
  current: string,
  sources: Sources,
): Promise<Completion> {
  const choices = choicesOf(schema);
  if (choices.length > 0) {
    return { candidates: fitting(candidatesOf(choices), current), anything: false };
  }
  const from = valuesOf(schema);
  if (from === undefined || object === undefined) {
    return { candidates: [], anything: schema.type === 'string' };
  }
  const args = (from.with ?? []).map(valueOf).filter((value) => value !== undefined);
  const values = await sources.values(object, from, args);
  return { candidates: fitting(candidatesOf(values), current), anything: false };
}

/** Returns the choices of a schema, for a list those of its items; none where any value is allowed. */
function choicesOf(schema: JsonSchema): string[] {
  if (schema.type === 'boolean') {
    return ['true', 'false'];
  }
  const within = [schema, schema.items, schema.anyOf, schema.oneOf].flat();
  return within.filter(isSchema).flatMap((each) => {
    const values: unknown = 'const' in each ? [each.const] : each.enum;
    return Array.isArray(values) ? values.filter((value) => typeof value === 'string') : [];
  });
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
