import { escapeControls } from '@patchbay/terminal';

import type { CommandContext } from './context.js';

/** Warns of secrets that were typed on a command line. */
export function warnOfTypedSecrets(
  names: readonly string[],
  { errors }: Pick<CommandContext, 'errors'>,
): void {
  if (names.length > 0) {
    const typed = [...new Set(names)].join(', ');
    const why = 'other users of this machine can read command lines, and shells keep them';
    const advice = 'give "-" to type it unseen, or to pipe it in';
    errors.write(`${escapeControls(`warning: ${typed} is secret, but ${why}: ${advice}`)}\n`);
  }
}
