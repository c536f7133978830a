import { command } from '@patchbay/daemon';
import { nameRow } from '@patchbay/terminal';

import { callingOptions, callNameServer, print } from './calling.js';
import { readWords } from './metadata-words.js';

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
    const words = [...readWords(args.changes, 'write KEY=VALUE to set a word, KEY= to remove it')];
    const changes = Object.fromEntries(words.map(([key, value]) => [key, value === '' ? null : value]));
    const record = await callNameServer(args, (names) => names.set_metadata(args.name, changes));
    await print(args.json ? record : nameRow(record), args.json);
  },
});
