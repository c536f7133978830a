import { formats, longForm, shortFor } from '@patchbay/terminal';

import { type CommandLine, isValueOptional, readCommandLine, takesValue } from '../command/command-line.js';
import { membersOf } from '../command/find-method.js';
import { globalOptionTerms } from '../command/global-option-terms.js';
import { type GlobalOptionName, isGlobalOption } from '../command/global-options.js';
import { readTarget } from '../command/settings.js';
import { verbs } from '../command/verb-descriptions.js';
import { verbNameIn } from '../command/verbs.js';
import { type Candidate, candidatesOf, type Completion, fitting, noCandidates } from './candidate.js';
import { completePolicy, completeSelector } from './job-options.js';
import { completeMethodArg } from './method-args.js';
import type { Sources } from './sources.js';

/** A command line to be completed, without the name of the command. */
interface Incomplete {
  /** The arguments before the one at the cursor. */
  readonly argv: readonly string[];
  /** The argument at the cursor, as far as it is typed. */
  readonly current: string;
  /** The object of a METHOD that stands without one, unless `--object` names another. */
  readonly defaultObject: string;
  /** Commands of the prompt, which complete like verbs. */
  readonly others?: readonly Candidate[];
}

/**
 * Reads the arguments before the one at the cursor; `pending` is the global option whose value that one is.
 * @throws RpcError as `readCommandLine` does
 */
export function readIncomplete(
  argv: readonly string[],
  current: string,
): { readonly line: CommandLine; readonly pending: GlobalOptionName | undefined } {
  const pending = argv.includes('--') ? undefined : optionAwaitingValue(argv.at(-1), current);
  return { line: readCommandLine(pending === undefined ? argv : argv.slice(0, -1)), pending };
}

/** Returns what the last word of a command line may become. @throws RpcError of the sources, or for a wrong line */
export async function complete(incomplete: Incomplete, sources: Sources): Promise<Completion> {
  const { argv, current, defaultObject } = incomplete;
  const { line, pending } = readIncomplete(argv, current);
  if (pending !== undefined) {
    return await completeGlobalValue(pending, current, sources);
  }
  const mayBeGlobal = !argv.includes('--');
  const [, name, value] = /^--([^=]+)=(.*)$/s.exec(current) ?? [];
  if (mayBeGlobal && name !== undefined && value !== undefined && isGlobalOption(name)) {
    const { candidates } = await completeGlobalValue(name, value, sources);
    const whole = candidates.map((each) => ({ ...each, value: `--${name}=${each.value}` }));
    return { candidates: whole, anything: false };
  }
  const options = mayBeGlobal ? optionCandidates(line) : [];
  if (line.method === undefined) {
    const object = line.options.get('object') ?? defaultObject;
    return current.startsWith('-')
      ? { candidates: fitting(options, current), anything: false }
      : await completeCommand({ ...incomplete, defaultObject: object }, line.literal, sources);
  }
  const verb = verbNameIn(line);
  if (verb !== undefined) {
    const described = { description: verbs[verb], object: undefined, globalOptions: options };
    return (
      (await completeVerbName(line, incomplete, sources)) ??
      (await completeMethodArg(described, line.args, current, sources))
    );
  }
  const target = readTarget(line.method, line.options.get('object') ?? defaultObject);
  const object = await sources.describe(target.object);
  const description = membersOf(object).find((each) => each.name === target.method);
  return description === undefined
    ? noCandidates
    : await completeMethodArg({ description, object, globalOptions: options }, line.args, current, sources);
}

/** Returns the global option whose value the argument at the cursor is. */
function optionAwaitingValue(before: string | undefined, current: string): GlobalOptionName | undefined {
  const long = longForm(before ?? '');
  const name = long.startsWith('--') ? long.slice(2) : '';
  const needsValue = isGlobalOption(name) && takesValue(name) && !isValueOptional(name);
  return needsValue && !current.startsWith('--') ? name : undefined;
}

async function completeGlobalValue(
  name: GlobalOptionName,
  current: string,
  sources: Sources,
): Promise<Completion> {
  if (name === 'object') {
    return { candidates: fitting(candidatesOf(await sources.names(current)), current), anything: false };
  }
  if (name === 'on') {
    return await completeSelector(current, sources);
  }
  if (name === 'job') {
    return completePolicy(current);
  }
  return { candidates: name === 'format' ? fitting(candidatesOf(formats), current) : [], anything: false };
}

/** Completes METHOD, OBJECT.METHOD or a verb. An incomplete object ends in its dot, without a space. */
async function completeCommand(
  { current, defaultObject, others = [] }: Incomplete,
  literal: boolean,
  sources: Sources,
): Promise<Completion> {
  const dot = current.lastIndexOf('.');
  const object = dot < 0 ? defaultObject : current.slice(0, dot);
  const lists = [
    sources.names(current).then((names) => names.map((name) => ({ value: `${name}.`, open: true }))),
    methodsOf(object, current.slice(0, dot + 1), sources),
  ];
  // Partial results are offered too: an object that does not answer hides no other.
  const found = (await Promise.allSettled(lists)).flatMap((each) =>
    each.status === 'fulfilled' ? each.value : [],
  );
  const own = literal ? [] : [...verbCandidates(), ...others];
  const hidden = new Set(own.map(({ value }) => value));
  const candidates = [...own, ...found.filter(({ value }) => !hidden.has(value))];
  return { candidates: fitting(candidates, current), anything: false };
}

async function methodsOf(object: string, prefix: string, sources: Sources): Promise<Candidate[]> {
  return membersOf(await sources.describe(object)).map(({ name, summary }) => ({
    value: prefix + name,
    note: summary,
  }));
}

/** Completes the names of objects and methods that verbs take; undefined for any other argument. */
async function completeVerbName(
  { method, args, options }: CommandLine,
  { current, defaultObject }: Incomplete,
  sources: Sources,
): Promise<Completion | undefined> {
  const [object, ...others] = args;
  if (current.startsWith('-') || others.length > 0) {
    return undefined;
  }
  if (object === undefined && method === 'help') {
    const of = options.get('object') ?? defaultObject;
    return await completeCommand({ argv: [], current, defaultObject: of }, false, sources);
  }
  if (object === undefined && (method === 'ls' || method === 'describe' || method === 'doctor')) {
    return await completeGlobalValue('object', current, sources);
  }
  return object !== undefined && method === 'describe'
    ? { candidates: fitting(await methodsOf(object, '', sources), current), anything: false }
    : undefined;
}

function verbCandidates(): Candidate[] {
  return Object.values(verbs).map(({ name, summary }) => ({ value: name, note: summary }));
}

function optionCandidates({ options }: CommandLine): Candidate[] {
  return globalOptionTerms
    .filter(({ name }) => !options.has(name))
    .flatMap(({ name, summary }) => {
      const short = shortFor(name);
      const flags = short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`];
      return flags.map((value) => ({ value, note: summary }));
    });
}
