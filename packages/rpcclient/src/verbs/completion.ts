import { coreError, didYouMean, quoted } from '@patchbay/objects';

import { shells } from '../command/verb-descriptions.js';
import { completionScripts } from '../completion/scripts.js';
import { type PrepareVerb, readVerbArgs } from './verb.js';

/** `rpcclient completion`: prints the script for a shell. */
export const prepare: PrepareVerb = (line) => {
  const { positionals } = readVerbArgs('completion', line, ['object', 'format', 'json', 'watch']);
  const [text = ''] = positionals as string[];
  const shell = shells.find((each) => each === text);
  if (shell === undefined) {
    throw coreError(
      'ARGUMENT_INVALID',
      `there is no completion for ${quoted(text)}, only for ${shells.join(' and ')}${didYouMean(text, shells)}`,
    );
  }
  return (out) => {
    out.write(completionScripts[shell]);
    return Promise.resolve();
  };
};
