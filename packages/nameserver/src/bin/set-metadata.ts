import { coreError, type MetadataChanges, quoted } from '@patchbay/core';
import { command } from '@patchbay/core/daemon';

import { callingOptions, callNameServer, print, rowOf } from './calling.js';

/** `nameserver set-metadata`: the words that operators attach to a name. */
export const setMetadata = command({
  usage: 'set-metadata <name> <changes..>',
  summary: "Set words of a name's metadata (KEY=VALUE) or remove them (KEY=)",
  positionals: {
    name: { type: 'string', demandOption: true, describe: 'The name' },
    changes: {
      type: 'string',
      array: true,
      demandOption: true,
      describe: 'KEY=VALUE, or KEY= to remove KEY',
    },
  },
  options: callingOptions,
  run: async (args) => {
    const changes = readChanges(args.changes);
    const record = await callNameServer(args, (names) => names.set_metadata(args.name, changes));
    await print(args.json ? record : rowOf(record), args.json);
  },
});

function readChanges(words: readonly string[]): MetadataChanges {
  const changes = new Map<string, string | null>();
  for (const word of words) {
    const equals = word.indexOf('=');
    const key = word.slice(0, Math.max(0, equals));
    if (key === '') {
      throw coreError(
        'ARGUMENT_INVALID',
        `${quoted(word)}: write KEY=VALUE to set a word, KEY= to remove it`,
      );
    }
    if (changes.has(key)) {
      throw coreError('ARGUMENT_INVALID', `the word ${quoted(key)} is given twice`);
    }
    const value = word.slice(equals + 1);
    changes.set(key, value === '' ? null : value);
  }
  return Object.fromEntries(changes);
}
