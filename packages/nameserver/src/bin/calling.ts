import { nameServerAdvice, nameServerOption, writeOut } from '@patchbay/daemon';
import { findNameServer } from '@patchbay/objects';
import { jsonText, resultText } from '@patchbay/terminal';

import { type Names, withNameServer } from '../client.js';

/** The options of every command that calls a name server. */
export const callingOptions = {
  'name-server': nameServerOption,
  json: { type: 'boolean', default: false, describe: 'Print JSON, for programs' },
} as const;

/** The options by which a command selects names by their pattern. */
export const patternOptions = {
  glob: {
    type: 'string',
    describe: 'Names like this: * and ? within a part, ** also across "." and "/"',
  },
  regex: {
    type: 'string',
    describe: 'Names that this regular expression (RE2 syntax) matches as a whole',
  },
} as const;

/** Calls the name server that the options name. @throws RpcError */
export async function callNameServer<T>(
  args: Readonly<Record<'name-server', string | undefined>>,
  use: (names: Names) => Promise<T>,
): Promise<T> {
  try {
    return await withNameServer(findNameServer(args['name-server']), use);
  } catch (error) {
    throw nameServerAdvice(error);
  }
}

/** Prints what a command found: as JSON for programs, else as `text` or a table for people. */
export async function print(value: unknown, json: boolean, text = resultText(value)): Promise<void> {
  await writeOut(`${json ? jsonText(value) : text}\n`);
}
