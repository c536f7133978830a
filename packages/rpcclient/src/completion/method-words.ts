import { type MethodDescription, type ObjectDescription, type OptionDescription } from '@patchbay/objects';

import { type Candidate, type Completion, fitting } from './candidate.js';
import { type Sources } from './sources.js';
import { completeValue } from './values.js';

/** A method, or a verb, whose words are completed. */
export interface CompletedMethod {
  readonly description: MethodDescription;
  /** The object that it is of; undefined for a verb of the command. */
  readonly object: ObjectDescription | undefined;
  /** The options of the command itself that may stand here too. */
  readonly ownOptions: readonly Candidate[];
}

/** Completes a word behind a method: an option, an option's value, or a positional argument. */
export async function completeMethodWord(
  method: CompletedMethod,
  words: readonly string[],
  current: string,
  sources: Sources,
): Promise<Completion> {
  const { description, object } = method;
  const { positionals, used, pending, ended } = takeApart(description, words);
  const wordOf = (argument: string): string | undefined =>
    positionals[description.args.findIndex(({ name }) => name === argument)];
  if (pending !== undefined) {
    return await completeValue({ schema: pending.schema, object, wordOf }, current, sources);
  }
  const options = [...optionCandidates(description, used), ...method.ownOptions];
  if (!ended && current.startsWith('-')) {
    const { flag, value } = /^(?<flag>--[^=]+)=(?<value>.*)$/s.exec(current)?.groups ?? {};
    const option = description.options.find((each) => each.flag === flag);
    if (option === undefined || value === undefined) {
      return { candidates: fitting(options, current), anything: false };
    }
    const { candidates } = await completeValue({ schema: option.schema, object, wordOf }, value, sources);
    const whole = candidates.map((each) => ({ ...each, value: `${option.flag}=${each.value}` }));
    return { candidates: whole, anything: false };
  }
  const last = description.args.at(-1);
  const argument = description.args[positionals.length] ?? (last?.schema.type === 'array' ? last : undefined);
  if (argument === undefined) {
    return { candidates: ended ? [] : fitting(options, current), anything: false };
  }
  return await completeValue({ schema: argument.schema, object, wordOf }, current, sources);
}

interface TakenApart {
  readonly positionals: readonly string[];
  readonly used: ReadonlySet<string>;
  /** The option whose value the next word is. */
  readonly pending: OptionDescription | undefined;
  /** Whether a `--` has ended the options. */
  readonly ended: boolean;
}

/** Sees what is there already, as far as it makes sense. */
function takeApart({ options }: MethodDescription, words: readonly string[]): TakenApart {
  const end = words.indexOf('--');
  const before = end < 0 ? words : words.slice(0, end);
  const positionals: string[] = [];
  const used = new Set<string>();
  let pending: OptionDescription | undefined;
  for (const word of before) {
    if (pending !== undefined) {
      pending = undefined;
    } else if (word.startsWith('--')) {
      const [flag = ''] = word.split('=');
      const option = options.find((each) => each.flag === flag || negated(each) === flag);
      used.add(option?.flag ?? flag);
      pending = option?.placeholder === undefined || word.includes('=') ? undefined : option;
    } else {
      positionals.push(word);
    }
  }
  return end < 0
    ? { positionals, used, pending, ended: false }
    : { positionals: [...positionals, ...words.slice(end + 1)], used, pending: undefined, ended: true };
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
