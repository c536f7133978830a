import type { CommandLine } from './command-line.js';

/** The verbs, beside calling methods. Where a method has the name of a verb, the bare name is the verb. */
export const verbNames = [
  'ls',
  'describe',
  'calls',
  'login',
  'logout',
  'whoami',
  'can-i',
  'doctor',
  'repl',
  'completion',
  'help',
] as const;
export type VerbName = (typeof verbNames)[number];

/** Returns the name of the verb that a command line asks for; undefined where it calls a method. */
export function verbNameIn({ method, literal }: CommandLine): VerbName | undefined {
  return method !== undefined && !literal && isVerbName(method) ? method : undefined;
}

/** Reports whether a bare name is that of a verb. */
export function isVerbName(name: string): name is VerbName {
  return verbNames.some((each) => each === name);
}
