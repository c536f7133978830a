import {
  listAllNames,
  nameServerFailure,
  type NameServerMethods,
  nameServerObject,
  type OptionDescription,
  selectNames,
} from '@patchbay/objects';
import { nameRow } from '@patchbay/terminal';

import { formatted } from '../command/format.js';
import { describeVerb, readVerbWords, textArg, type Verb } from './verb.js';

/** `rpcclient ls`: the registered names, with their endpoints and metadata. */
export const verb: Verb = {
  description: describeVerb(
    'ls',
    'List the registered names, or those that begin with a text or are like a pattern',
    [textArg('pattern', 'what the names begin with, or a glob if it has * or ?')],
    [
      filter('glob', 'names like this: * and ? within a part, ** also across "." and "/"'),
      filter('regex', 'names that this regular expression (RE2 syntax) matches as a whole'),
      filter('meta', 'names with all of these words of metadata, KEY=VALUE, or KEY with any value', true),
      filter('anyMeta', 'names with at least one of these words of metadata, KEY=VALUE or KEY', true),
    ],
  ),
  prepare(line, { format, timeoutMs }, stage) {
    const { client, nameServer, signal } = stage;
    const { positionals, options } = readVerbWords(verb, line, ['object']);
    const [pattern = ''] = positionals as string[];
    const selection = selectNames(pattern, options);
    const names = client.proxy<NameServerMethods>(nameServerObject, { signal, timeoutMs });
    return async (out) => {
      const records = await listAllNames(names, selection).catch((error: unknown) => {
        throw nameServerFailure(error, nameServer);
      });
      out.write(await formatted(format === 'table' ? records.map(nameRow) : records, format, stage));
    };
  },
};

function filter(name: string, summary: string, isList = false): OptionDescription {
  const flag = name === 'anyMeta' ? '--any-meta' : `--${name}`;
  const schema = isList ? { type: 'array', items: { type: 'string' } } : { type: 'string' };
  return {
    name,
    flag,
    summary,
    required: false,
    placeholder: isList ? 'KEY[=VALUE]' : name.toUpperCase(),
    schema,
  };
}
