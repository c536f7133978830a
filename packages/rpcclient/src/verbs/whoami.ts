import { type IdentityMethods, identityObjectName, nameServerFailure } from '@patchbay/objects';
import { formatted } from '@patchbay/terminal';

import { type PrepareVerb, readVerbArgs } from './verb.js';

/** `rpcclient whoami`: shows who the name server takes the caller for. */
export const prepare: PrepareVerb = (line, { format, timeoutMs }, context) => {
  readVerbArgs('whoami', line, ['object']);
  const { client, nameServer, signal } = context;
  const methods = client.proxy<IdentityMethods>(identityObjectName, { signal, timeoutMs });
  return async (out) => {
    const answer = await methods.whoami().catch((error: unknown) => {
      throw nameServerFailure(error, nameServer);
    });
    out.write(await formatted(answer, format, context.toYaml));
  };
};
