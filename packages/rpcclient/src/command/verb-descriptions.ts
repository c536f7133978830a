import {
  type ArgDescription,
  kebabCase,
  type MethodDescription,
  type OptionDescription,
} from '@patchbay/objects';

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
  doctor: describeVerb(
    'doctor',
    'Find out why calls fail: examine name servers, certificates, clocks, sockets and the servers of objects',
    [textArg('object', 'The object whose servers are examined; default: all')],
  ),
  calls: describeVerb(
    'calls',
    'Show the logged calls of all daemons, the newest last',
    [],
    [
      option('caller', 'CALLER', 'Those that this principal made, such as user:alice; or a glob'),
      option('onBehalfOf', 'CALLER', 'Those that were made for this principal'),
      option('method', 'METHOD', 'Those of OBJECT.METHOD, or of a glob such as storage.*'),
      option('direction', 'in|out', 'Those that the daemons answered, or made'),
      flag('failed', 'Those that failed'),
      option('error', 'ERROR', 'Those that failed with this code or reason'),
      option('correlationId', 'ID', 'Those that belong together by this id'),
      option('text', 'TEXT', 'Those whose arguments, answer or comment contain this; needs --since'),
      option('since', 'TIME', 'Not before this: a timestamp, or how long ago, such as 1h'),
      option('until', 'TIME', 'Before this: a timestamp, or how long ago'),
      { ...option('limit', 'COUNT', 'How many, 1 to 1000; default: 50'), schema: { type: 'integer' } },
      flag('follow', 'Show calls as they are answered, until Ctrl-C'),
    ],
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

function option(name: string, placeholder: string, summary: string): OptionDescription {
  const schema = { type: 'string' };
  return { name, flag: `--${kebabCase(name)}`, summary, required: false, placeholder, schema };
}

function flag(name: string, summary: string): OptionDescription {
  return { name, flag: `--${name}`, summary, required: false, schema: { type: 'boolean' } };
}

function filter(name: string, summary: string, isList = false): OptionDescription {
  const flag = name === 'anyMeta' ? '--any-meta' : `--${name}`;
  const placeholder = isList ? 'KEY[=VALUE]' : name.toUpperCase();
  const schema = isList ? { type: 'array', items: { type: 'string' } } : { type: 'string' };
  return { name, flag, summary, required: false, placeholder, schema };
}
