import { type CommandLine } from '../command/command-line.js';
import { type Verb } from './verb.js';

/** A verb as the command knows it before it is loaded: what a call of a method does not need is not read. */
export interface VerbEntry {
  /** How it is used, without its options. */
  readonly usage: string;
  readonly summary: string;
  /** Whether it stays, so that following the name server's changes is worth while. */
  readonly stays?: boolean;
  readonly load: () => Promise<{ readonly verb: Verb }>;
}

/** The verbs of the command. Where a method has the name of one, the bare word is the verb. */
export const verbs: ReadonlyMap<string, VerbEntry> = new Map<string, VerbEntry>([
  [
    'ls',
    { usage: 'ls [PATTERN]', summary: 'List the names that are registered', load: () => import('./ls.js') },
  ],
  [
    'describe',
    {
      usage: 'describe OBJECT [METHOD]',
      summary: 'Tell what an object can do, or one of its methods',
      load: () => import('./describe.js'),
    },
  ],
  [
    'repl',
    {
      usage: 'repl',
      summary: 'Run many command lines on one connection, from a prompt or from standard input',
      stays: true,
      load: () => import('./repl.js'),
    },
  ],
  [
    'completion',
    {
      usage: 'completion SHELL',
      summary: 'Print the script that makes a shell complete our words',
      load: () => import('./completion.js'),
    },
  ],
]);

/** What the scripts of `completion` ask. No method can be called so, and no help tells of it. */
export const answeringWord = '__complete';

/** Finds the verb that a command line means, without loading it. */
export function verbOf({ method, literal }: Pick<CommandLine, 'method' | 'literal'>): VerbEntry | undefined {
  return method === undefined || literal ? undefined : verbs.get(method);
}

/** Gives what loads the verb that a command line means; undefined where it means a method. */
export function loaderOf(line: Pick<CommandLine, 'method' | 'literal'>): VerbEntry['load'] | undefined {
  return line.method === answeringWord ? () => import('./answer.js') : verbOf(line)?.load;
}
