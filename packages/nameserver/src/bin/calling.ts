import {
  formatOptions,
  insecureDialOption,
  interruptible,
  nameServerAdvice,
  nameServerOption,
} from '@patchbay/daemon';
import { findNameServer } from '@patchbay/objects';

import { type Names, withNameServer } from '../client.js';

/** The options of every command that calls a name server. */
export const serverOptions = { 'name-server': nameServerOption, insecure: insecureDialOption } as const;

/** The options of every command that prints the answer of a name server. */
export const callingOptions = { ...serverOptions, ...formatOptions } as const;

/** The options by which a command selects names by their pattern. */
export const patternOptions = {
  glob: {
    type: 'string',
    summary: 'Names that match this: * and ? within a part, ** also across "." and "/"',
  },
  regex: { type: 'string', summary: 'Names that this regular expression (RE2 syntax) matches as a whole' },
} as const;

/** Calls the name server that the options name; Ctrl-C cancels. @throws RpcError */
export async function callNameServer<T>(
  args: { readonly 'name-server': string | undefined; readonly insecure: boolean | undefined },
  use: (names: Names, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  try {
    return await interruptible((signal) =>
      withNameServer(
        findNameServer(args['name-server']),
        (names) => use(names.with({ signal }), signal),
        args,
      ),
    );
  } catch (error) {
    throw nameServerAdvice(error);
  }
}
