import {
  listAllNames,
  nameServerFailure,
  type NameServerMethods,
  nameServerObject,
  selectNames,
} from '@patchbay/objects';
import { formatted, nameRow } from '@patchbay/terminal';

import { type PrepareVerb, readVerbArgs } from './verb.js';

/** `rpcclient ls`: lists registered names with their endpoints and metadata. */
export const prepare: PrepareVerb = (line, { format, timeoutMs }, context) => {
  const { client, nameServer, signal } = context;
  const { positionals, options } = readVerbArgs('ls', line, ['object']);
  const [pattern = ''] = positionals as string[];
  const selection = selectNames(pattern, options);
  const names = client.proxy<NameServerMethods>(nameServerObject, { signal, timeoutMs });
  return async (out) => {
    const records = await listAllNames(names, selection).catch((error: unknown) => {
      throw nameServerFailure(error, nameServer);
    });
    out.write(await formatted(format === 'table' ? records.map(nameRow) : records, format, context.toYaml));
  };
};
