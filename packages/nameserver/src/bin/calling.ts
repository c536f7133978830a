import { jsonText, type NameRecord, resultText } from '@patchbay/core';
import { nameServerAddress, nameServerAdvice, nameServerOption, writeOut } from '@patchbay/core/daemon';

import { type Names, withNameServer } from '../client.js';

/** The options of every command that calls a name server. */
export const callingOptions = {
  'name-server': nameServerOption,
  json: { type: 'boolean', default: false, describe: 'Print JSON, for programs' },
} as const;

/** What a command is given of them. */
interface CallingArguments {
  readonly 'name-server': string | undefined;
}

/** Calls the name server that the options name. @throws RpcError */
export async function callNameServer<T>(
  args: CallingArguments,
  use: (names: Names) => Promise<T>,
): Promise<T> {
  try {
    return await withNameServer(nameServerAddress(args['name-server']), use);
  } catch (error) {
    throw nameServerAdvice(error);
  }
}

/** Prints what a command found: as JSON for programs, else as `text` or a table for people. */
export async function print(value: unknown, json: boolean, text = resultText(value)): Promise<void> {
  await writeOut(`${json ? jsonText(value) : text}\n`);
}

/** Gives a name's record as the fields of a table. */
export function rowOf({
  name,
  endpoints,
  metadata,
  registeredAt,
}: NameRecord): Readonly<Record<string, unknown>> {
  return {
    name,
    address: endpoints.map(({ address }) => address),
    serverId: endpoints.map(({ serverId }) => serverId),
    registeredAt,
    metadata: metadataText(metadata),
  };
}

/** Writes metadata as `set-metadata` takes it. */
export function metadataText(metadata: NameRecord['metadata']): string {
  return Object.entries(metadata)
    .map(([word, value]) => `${word}=${value}`)
    .join(' ');
}
