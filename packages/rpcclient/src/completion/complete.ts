import { type CommandLine, isValueOptional, readCommandLine, takesValue } from '../command/command-line.js';
import { formats } from '../command/format.js';
import { isOwnOption, type OwnOption, type OwnOptionName, ownOptions } from '../command/own-options.js';
import { readTarget } from '../command/target.js';
import { verbOf, verbs } from '../verbs/index.js';
import { type Candidate, candidatesOf, type Completion, fitting, nothingKnown } from './candidate.js';
import { completeMethodWord } from './method-words.js';
import { type Sources } from './sources.js';

/** A command line to be completed, without the name of the command. */
export interface Incomplete {
  /** The words before the one that is typed. */
  readonly words: readonly string[];
  readonly current: string;
  /** The object of a METHOD that stands without one, unless `--object` tells another. */
  readonly defaultObject: string;
  /** Words that stand for themselves beside the verbs, as those of the prompt. */
  readonly others?: readonly Candidate[];
}

/**
 * Reads the words before the one that is typed; `pending` is the one of our own options whose value that one is.
 * @throws RpcError what reading a command line throws
 */
export function readIncomplete(
  words: readonly string[],
  current: string,
): { readonly line: CommandLine; readonly pending: OwnOptionName | undefined } {
  const pending = words.includes('--') ? undefined : ownOptionOf(words.at(-1), current);
  return { line: readCommandLine(pending === undefined ? words : words.slice(0, -1)), pending };
}

/** Finds what the word at the end of a command line may become. @throws what the sources, or wrong words, throw */
export async function complete(incomplete: Incomplete, sources: Sources): Promise<Completion> {
  const { words, current, defaultObject } = incomplete;
  const { line, pending } = readIncomplete(words, current);
  if (pending !== undefined) {
    return await completeOwnValue(pending, current, sources);
  }
  const mayBeOwn = !words.includes('--');
  const [, name, value] = /^--([^=]+)=(.*)$/s.exec(current) ?? [];
  if (mayBeOwn && name !== undefined && value !== undefined && isOwnOption(name)) {
    const { candidates } = await completeOwnValue(name, value, sources);
    const whole = candidates.map((each) => ({ ...each, value: `--${name}=${each.value}` }));
    return { candidates: whole, anything: false };
  }
  const own = mayBeOwn ? ownCandidates(line) : [];
  if (line.method === undefined) {
    const object = line.own.get('object') ?? defaultObject;
    return current.startsWith('-')
      ? { candidates: fitting(own, current), anything: false }
      : await completeFirstWord({ ...incomplete, defaultObject: object }, line.literal, sources);
  }
  const verb = verbOf(line);
  if (verb !== undefined) {
    const { description } = (await verb.load()).verb;
    return (
      (await completeVerbArgument(line, current, sources)) ??
      (await completeMethodWord(
        { description, object: undefined, ownOptions: own },
        line.words,
        current,
        sources,
      ))
    );
  }
  const target = readTarget(line.method, line.own.get('object') ?? defaultObject);
  const object = await sources.describe(target.object);
  const description = object.methods.find((each) => each.name === target.method);
  return description === undefined
    ? nothingKnown
    : await completeMethodWord({ description, object, ownOptions: own }, line.words, current, sources);
}

/** Gives the one of our own options whose value the word is that is typed. */
function ownOptionOf(before: string | undefined, current: string): OwnOptionName | undefined {
  const name = before?.startsWith('--') === true ? before.slice(2) : '';
  const needsValue = isOwnOption(name) && takesValue(name) && !isValueOptional(name);
  return needsValue && !current.startsWith('--') ? name : undefined;
}

async function completeOwnValue(name: OwnOptionName, current: string, sources: Sources): Promise<Completion> {
  if (name === 'object') {
    return { candidates: fitting(candidatesOf(await sources.names(current)), current), anything: false };
  }
  return { candidates: name === 'format' ? fitting(candidatesOf(formats), current) : [], anything: false };
}

/** Completes METHOD, OBJECT.METHOD or a verb. An object that is only begun ends in its dot, and no space. */
async function completeFirstWord(
  { current, defaultObject, others = [] }: Incomplete,
  literal: boolean,
  sources: Sources,
): Promise<Completion> {
  const dot = current.lastIndexOf('.');
  const lists = [
    sources.names(current).then((names) => names.map((name) => ({ value: `${name}.`, open: true }))),
    methodsOf(
      dot < 0 ? defaultObject : current.slice(0, dot),
      dot < 0 ? '' : current.slice(0, dot + 1),
      sources,
    ),
  ];
  // What is known is offered even if not all is: an object that does not answer hides no other.
  const found = (await Promise.allSettled(lists)).flatMap((each) =>
    each.status === 'fulfilled' ? each.value : [],
  );
  const own = literal ? [] : [...verbCandidates(), ...others];
  const hidden = new Set(own.map(({ value }) => value));
  const candidates = [...own, ...found.filter(({ value }) => !hidden.has(value))];
  return { candidates: fitting(candidates, current), anything: false };
}

async function methodsOf(object: string, prefix: string, sources: Sources): Promise<Candidate[]> {
  const { methods } = await sources.describe(object);
  return methods.map(({ name, summary }) => ({ value: prefix + name, note: summary }));
}

/** Completes the names that verbs take, and the methods; undefined where it is anything else. */
async function completeVerbArgument(
  { method, words }: CommandLine,
  current: string,
  sources: Sources,
): Promise<Completion | undefined> {
  const takesName = method === 'ls' || method === 'describe';
  if (takesName && words.length === 0 && !current.startsWith('-')) {
    return { candidates: fitting(candidatesOf(await sources.names(current)), current), anything: false };
  }
  const [object] = words;
  if (method === 'describe' && words.length === 1 && object !== undefined && !current.startsWith('-')) {
    return { candidates: fitting(await methodsOf(object, '', sources), current), anything: false };
  }
  return undefined;
}

function verbCandidates(): Candidate[] {
  return [...verbs].map(([value, { summary }]) => ({ value, note: summary }));
}

function ownCandidates({ own }: CommandLine): Candidate[] {
  return Object.entries<OwnOption>(ownOptions)
    .filter(([name]) => !isOwnOption(name) || !own.has(name))
    .map(([name, { summary }]) => ({ value: `--${name}`, note: summary }));
}
