import { type IdentityMethods, identityObjectName, nameServerFailure } from '@patchbay/objects';
import { formatted } from '@patchbay/terminal';

import { readTarget } from '../command/settings.js';
import { type PrepareVerb, readVerbArgs } from './verb.js';

/** The levels of methods, each what those before it allow, too. */
const levels = ['open', 'member', 'view', 'operate', 'administer'];

/** `rpcclient can-i`: shows whether the caller, or another principal, may call a method, and by which grants. */
export const prepare: PrepareVerb = (line, { defaultObject, format, timeoutMs }, context) => {
  const { positionals, options } = readVerbArgs('can-i', line, []);
  const [text] = positionals as string[];
  const { object, method = '' } = readTarget(text, defaultObject);
  const { client, nameServer, signal } = context;
  const methods = client.proxy<IdentityMethods>(identityObjectName, { signal, timeoutMs });
  return async (out) => {
    const asked = methods.can_i(object, method, options as { as?: string }).catch((error: unknown) => {
      throw nameServerFailure(error, nameServer);
    });
    // Who may not see the object is not told what its method needs.
    const described = client.describe(object).catch(() => undefined);
    const { by, ...answer } = await asked;
    const needs = (await described)?.methods.find(({ name }) => name === method)?.access;
    const allowed = needs === undefined ? undefined : levels.indexOf(answer.level) >= levels.indexOf(needs);
    const found = { ...answer, ...(needs !== undefined && { needs, allowed }), by };
    out.write(await formatted(found, format, context.toYaml));
  };
};
