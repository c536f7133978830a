import { parseObjectName } from '@patchbay/objects';

import { findMethod } from '../command/find-method.js';
import { formatted } from '../command/format.js';
import { objectHelp } from '../command/help.js';
import { methodHelpWithin } from '../command/own-help.js';
import { textWidth, unlessAborted } from '../command/stage.js';
import { describeVerb, readVerbWords, textArg, type Verb } from './verb.js';

/** `rpcclient describe`: what an object can do; for programs the description that help is made from. */
export const verb: Verb = {
  description: describeVerb('describe', 'Tell what an object can do, or one of its methods in full', [
    textArg('object', "the object's name", { required: true }),
    textArg('method', 'one of its methods'),
  ]),
  prepare(line, { format }, stage) {
    const { client, signal } = stage;
    const { positionals } = readVerbWords(verb, line, ['object']);
    const [name = '', method] = positionals as string[];
    const object = parseObjectName(name);
    return async (out) => {
      const description = await unlessAborted(client.describe(object), signal, `describing "${object}"`);
      const form = { prefix: `rpcclient ${object}.`, width: textWidth(out) };
      if (method === undefined) {
        out.write(await formatted(description, format, stage, objectHelp(description, form)));
        return;
      }
      const found = findMethod(description, method);
      out.write(await formatted(found, format, stage, methodHelpWithin(found, form)));
    };
  },
};
