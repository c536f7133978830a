import {
  formatOptions,
  insecureDialOption,
  interruptible,
  nameServerAdvice,
  nameServerOption,
} from '@patchbay/daemon';

import { type Names, reachNameServer, withNameServer } from '../client.js';

/** The options of every command that calls a name server. */
export const serverOptions = { 'name-server': nameServerOption, insecure: insecureDialOption } as const;

/** The values of `serverOptions`. */
interface ServerValues {
  readonly 'name-server': string | undefined;
  readonly insecure: boolean | undefined;
}

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
  args: ServerValues,
  use: (names: Names, signal: AbortSignal, address: string) => Promise<T>,
): Promise<T> {
  try {
    const { address, ...options } = await reachNameServer(args['name-server'], args.insecure);
    return await interruptible((signal) =>
      withNameServer(address, (names) => use(names.with({ signal }), signal, address), options),
    );
  } catch (error) {
    throw nameServerAdvice(error);
  }
}
