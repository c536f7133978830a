import { command } from '@patchbay/daemon';
import { findNameServer, listAllNames, selectNames } from '@patchbay/objects';
import { nameRow } from '@patchbay/terminal';

import { callingOptions, callNameServer, patternOptions, print } from './calling.js';

/** `nameserver ping`: whether it answers, how fast, and what it holds. */
export const ping = command({
  usage: 'ping',
  summary: 'Report whether the name server answers, and what it holds',
  options: callingOptions,
  run: async (args) => {
    const startedMs = performance.now();
    const info = await callNameServer(args, (names) => names.info());
    const answerMs = Math.ceil(performance.now() - startedMs);
    await print({ address: findNameServer(args['name-server']), answerMs, ...info }, args.json);
  },
});

/** `nameserver list`: every name, however many there are. */
export const list = command({
  usage: 'list [pattern]',
  summary: 'List the registered names, or those that begin with a text or are like a pattern',
  positionals: {
    pattern: {
      type: 'string',
      default: '',
      describe: 'What the names begin with, or a glob if it has * or ?',
    },
  },
  options: {
    ...patternOptions,
    meta: {
      type: 'string',
      array: true,
      describe: 'Names with this metadata, KEY=VALUE or KEY; repeated: with all of them',
    },
    'any-meta': {
      type: 'string',
      array: true,
      describe: 'Names with this metadata, KEY=VALUE or KEY; repeated: with any of them',
    },
    ...callingOptions,
  },
  run: async (args) => {
    const { pattern, glob, regex, meta } = args;
    const selection = selectNames(pattern, { glob, regex, meta, anyMeta: args['any-meta'] });
    const records = await callNameServer(args, (names) => listAllNames(names, selection));
    await print(args.json ? records : records.map(nameRow), args.json);
  },
});

/** `nameserver lookup`: one name's record. */
export const lookup = command({
  usage: 'lookup <name>',
  summary: 'Show which server a name belongs to, and its metadata',
  positionals: { name: { type: 'string', demandOption: true, describe: 'The name' } },
  options: callingOptions,
  run: async (args) => {
    const record = await callNameServer(args, (names) => names.lookup(args.name));
    await print(args.json ? record : nameRow(record), args.json);
  },
});
