import type { CallMetadata } from '@patchbay/objects';
import { escapeControls } from '@patchbay/terminal';

import type { CommandContext } from '../command/context.js';
import { warnOfTypedSecrets } from '../command/typed-secrets.js';
import type { CommandCall } from './command-call.js';

/** Prints what a server has to say about a call that it answered: that its method is deprecated, or saw typed secrets. */
export function warn(
  { responseMetadata }: { readonly responseMetadata: CallMetadata },
  { object, method }: Pick<CommandCall, 'object' | 'method'>,
  { errors }: Pick<CommandContext, 'errors'>,
): void {
  const { deprecated, 'secrets-typed': typed } = responseMetadata;
  if (deprecated !== undefined) {
    errors.write(`${escapeControls(`warning: ${object}.${method} is deprecated: ${deprecated}`)}\n`);
  }
  warnOfTypedSecrets(typed === undefined ? [] : [typed], { errors });
}
