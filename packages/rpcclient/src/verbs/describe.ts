import { parseObjectName } from '@patchbay/objects';
import { formatted } from '@patchbay/terminal';

import { textWidth, unlessAborted } from '../command/context.js';
import { findMethod, methodHelp, objectHelp } from '../command/help.js';
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
    const help = 'methods' in found ? objectHelp(found, form) : methodHelp(found, form);
    out.write(await formatted(found, format, context.toYaml, help));
  };
};
