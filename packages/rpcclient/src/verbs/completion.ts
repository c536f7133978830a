import { coreError, didYouMean, quoted } from '@patchbay/objects';

import { bashScript } from '../completion/bash.js';
import { zshScript } from '../completion/zsh.js';
import { describeVerb, readVerbWords, textArg, type Verb } from './verb.js';

const scripts: ReadonlyMap<string, string> = new Map([
  ['bash', bashScript],
  ['zsh', zshScript],
]);
const shells = [...scripts.keys()];

/** `rpcclient completion`: the script for a shell. */
export const verb: Verb = {
  description: describeVerb(
    'completion',
    'Print the script that makes a shell complete names, methods, options and values',
    [textArg('shell', 'the shell', { required: true, choices: shells })],
  ),
  prepare(line) {
    const { positionals } = readVerbWords(verb, line, ['object', 'format', 'json', 'watch']);
    const [shell = ''] = positionals as string[];
    const script = scripts.get(shell);
    if (script === undefined) {
      throw coreError(
        'ARGUMENT_INVALID',
        `there is no completion for ${quoted(shell)}, only for ${shells.join(' and ')}${didYouMean(shell, shells)}`,
      );
    }
    return (out) => {
      out.write(script);
      return Promise.resolve();
    };
  },
};
