import { type MethodDescription } from '@patchbay/core';

import { methodHelp, type HelpForm } from './help.js';
import { termList, wrap } from './layout.js';
import { isOwnOption, type OwnOption, ownOptions } from './own-options.js';

const usage = 'Usage: rpcclient [OPTION]... [OBJECT.]METHOD [ARG]... [--NAME VALUE]...';

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
    wrap('Calls a method of an object by name, and prints its result.', width).join('\n'),
    `Options, anywhere before a "--":\n${termList(terms, width)}`,
  ].join('\n\n');
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
