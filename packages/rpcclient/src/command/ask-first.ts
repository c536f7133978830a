import { coreError, quoted } from '@patchbay/objects';
import { confirm } from '@patchbay/terminal';

import type { CommandContext } from './context.js';

/** Asks whether a call that destroys something shall be made. @throws RpcError `CALL_CANCELLED` if it shall not */
export async function askFirst(
  {
    object,
    method,
    args,
  }: { readonly object: string; readonly method: string; readonly args: readonly string[] },
  { standardInput }: Pick<CommandContext, 'standardInput'>,
): Promise<void> {
  const call = [
    `${object}.${method}`,
    ...args.map((arg) => (/^[\w@.:/=-]+$/.test(arg) ? arg : quoted(arg))),
  ].join(' ');
  if (standardInput === undefined) {
    throw coreError('CONFIRMATION_REQUIRED', `${call} destroys something; add --yes to call it here`);
  }
  if (!(await confirm(`${call} destroys something. Call it?`))) {
    throw coreError('CALL_CANCELLED', `${call} was not called`);
  }
}
