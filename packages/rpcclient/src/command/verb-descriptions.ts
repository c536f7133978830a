import type { ArgDescription, MethodDescription, OptionDescription } from '@patchbay/objects';

import type { VerbName } from './verbs.js';

/** The shells that `completion` has a script for. */
export const shells = ['bash', 'zsh'] as const;
export type Shell = (typeof shells)[number];

/** The verbs' descriptions, of the form of methods', so that help and completion treat both alike. */
export const verbs: Readonly<Record<VerbName, MethodDescription>> = {
  ls: describeVerb(
    'ls',
    'List the registered names, or those that begin with a text or match a pattern',
    [textArg('pattern', 'What the names begin with, or a glob if it has * or ?')],
    [
      filter('glob', 'Names that match this: * and ? within a part, ** also across "." and "/"'),
      filter('regex', 'Names that this regular expression (RE2 syntax) matches as a whole'),
      filter('meta', 'Names with all of these metadata entries, KEY=VALUE, or KEY with any value', true),
      filter('anyMeta', 'Names with at least one of these metadata entries, KEY=VALUE or KEY', true),
    ],
  ),
  describe: describeVerb('describe', 'Describe what an object can do, or one of its methods in full', [
    textArg('object', "The object's name", { required: true }),
    textArg('method', 'One of its methods'),
  ]),
  login: describeVerb(
    'login',
    'Log in with a token: further commands call as that user',
    [textArg('address', 'The name server, HOST:PORT')],
    [filter('token', 'The token, or - to type it unseen or to pipe it in')],
  ),
  logout: describeVerb('logout', 'Log out: the identity is removed, here and at the name server'),
  whoami: describeVerb('whoami', 'Show who the name server takes you for, and what you may do'),
  'can-i': describeVerb(
    'can-i',
    'Show whether you may call a method, or somebody else, and by which grants',
    [textArg('method', '[OBJECT.]METHOD', { required: true })],
    [filter('as', 'For host:NAME or user:NAME; admins only')],
  ),
  repl: describeVerb(
    'repl',
    'Run a command line for each line typed at a prompt or read from standard input',
  ),
  completion: describeVerb(
    'completion',
    'Print the script that makes a shell complete names, methods, options and values',
    [textArg('shell', 'The shell', { required: true, choices: shells })],
  ),
  help: describeVerb('help', 'Show this help, or that of a method or command', [
    textArg('method', '[OBJECT.]METHOD, or one of these commands'),
  ]),
};

function describeVerb(
  name: string,
  summary: string,
  args: ArgDescription[] = [],
  options: OptionDescription[] = [],
): MethodDescription {
  return { name, summary, args, options, returns: {}, idempotent: true };
}

/** Describes a positional argument that is a text. */
function textArg(
  name: string,
  summary: string,
  { required = false, choices }: { readonly required?: boolean; readonly choices?: readonly string[] } = {},
): ArgDescription {
  const schema = choices === undefined ? { type: 'string' } : { type: 'string', enum: [...choices] };
  return { name, summary, required, placeholder: name.toUpperCase(), schema };
}

function filter(name: string, summary: string, isList = false): OptionDescription {
  const flag = name === 'anyMeta' ? '--any-meta' : `--${name}`;
  const placeholder = isList ? 'KEY[=VALUE]' : name.toUpperCase();
  const schema = isList ? { type: 'array', items: { type: 'string' } } : { type: 'string' };
  return { name, flag, summary, required: false, placeholder, schema };
}
