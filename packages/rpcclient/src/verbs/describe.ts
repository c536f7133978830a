import { parseObjectName } from '@patchbay/objects';
import { formatted, methodHelp, objectHelp, textWidth } from '@patchbay/terminal';

import { unlessAborted } from '../command/context.js';
import { findMethod } from '../command/find-method.js';
import { isHidden } from '../command/global-options.js';
import { type PrepareVerb, readVerbArgs } from './verb.js';

/** `rpcclient describe`: what an object can do; for programs, the description from which help is made. */
export const prepare: PrepareVerb = (line, { format }, context) => {
  const { client, signal } = context;
  const { positionals } = readVerbArgs('describe', line, ['object']);
  const [name = '', method] = positionals as string[];
  const object = parseObjectName(name);
  return async (out) => {
    const description = await unlessAborted(client.describe(object), signal, `describing "${object}"`);
    const form = { prefix: `rpcclient ${object}.`, width: textWidth(out) };
    const found = method === undefined ? description : findMethod(description, method);
    const help = 'methods' in found ? objectHelp(found, form) : methodHelp(found, form, isHidden);
    out.write(await formatted(found, format, context.toYaml, help));
  };
};
