import { type MethodDescription } from '@patchbay/objects';

import { type HelpForm, methodHelp } from './help.js';
import { termList, wrap } from './layout.js';
import { verbs } from '../verbs/index.js';
import { isOwnOption, type OwnOption, ownOptions } from './own-options.js';

const usage =
  'Usage: rpcclient [OPTION]... [OBJECT.]METHOD [ARG]... [--NAME VALUE]...\n       rpcclient [OPTION]... VERB [ARG]...';

const about =
  'Calls a method of an object by name, and prints its result. An ARG or VALUE "-" is standard input, "@FILE" the content of a file.';

/** Writes the command's own help, without that of any object. */
export function ownHelp(width: number): string {
  const terms = Object.entries<OwnOption>(ownOptions).map(
    ([name, { placeholder, summary }]): [string, string] => [
      placeholder === undefined ? `--${name}` : `--${name} ${placeholder}`,
      summary,
    ],
  );
  return [
    usage,
    wrap(about, width).join('\n'),
    `Verbs, each with a --help of its own:\n${termList(verbTerms(), width)}`,
    `Options, anywhere before a "--":\n${termList(terms, width)}`,
  ].join('\n\n');
}

function verbTerms(): [string, string][] {
  return [...verbs.values()].map(({ usage: how, summary }) => [how, summary]);
}

/** Says how to reach methods that are called like one of our verbs; nothing where there are none. */
export function verbHidesNote(object: string, names: readonly string[], width: number): string[] {
  const note = `${names.join(', ')}: rpcclient has a verb of this name too; write "${object}.METHOD" for the method.`;
  return names.length === 0 ? [] : [wrap(note, width).join('\n')];
}

/** Writes a method's help, and how to reach options of it that are called like the command's own. */
export function methodHelpWithin(method: MethodDescription, form: HelpForm): string {
  const help = methodHelp(method, form);
  const hidden = method.options.map(({ flag }) => flag).filter((flag) => isOwnOption(flag.slice(2)));
  if (hidden.length === 0) {
    return help;
  }
  const [program, ...object] = form.prefix.split(' ');
  const note = `${hidden.join(', ')}: rpcclient has an option of this name too; write "${String(program)} -- ${object.join(' ')}${method.name} ..." for the method's.`;
  return `${help}\n\n${wrap(note, form.width).join('\n')}`;
}
