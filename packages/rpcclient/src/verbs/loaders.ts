import { type CommandLine, completeVerb } from '../command/command-line.js';
import { verbNameIn, type VerbName } from '../command/verbs.js';
import type { PrepareVerb } from './verb.js';

type LoadVerb = () => Promise<{ readonly prepare: PrepareVerb }>;

/** Loads each verb's code: what a call of a method does not need is not read. */
const loaders: Readonly<Record<VerbName, LoadVerb>> = {
  ls: () => import('./ls.js'),
  describe: () => import('./describe.js'),
  repl: () => import('./repl.js'),
  completion: () => import('./completion.js'),
};

/** Returns what loads the verb that a command line asks for; undefined where it calls a method. */
export function loaderOf(line: Pick<CommandLine, 'method' | 'literal'>): LoadVerb | undefined {
  if (line.method === completeVerb) {
    return () => import('./complete.js');
  }
  const name = verbNameIn(line);
  return name === undefined ? undefined : loaders[name];
}
