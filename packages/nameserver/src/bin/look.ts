import { command, printResult } from '@patchbay/daemon';
import { listAllNames, selectNames } from '@patchbay/objects';
import { nameRow } from '@patchbay/terminal';

import { callingOptions, callNameServer, patternOptions } from './calling.js';

/** `nameserver ping`: whether it answers, how fast, and what it holds. */
export const ping = command({
  name: 'ping',
  summary: 'Report whether the name server answers, and what it holds',
  options: callingOptions,
  run: async (args) => {
    const startedMs = performance.now();
    const answer = await callNameServer(args, async (names, _signal, address) => {
      const info = await names.info();
      return { address, answerMs: Math.ceil(performance.now() - startedMs), ...info };
    });
    await printResult(answer, args);
  },
});

/** `nameserver list`: every name, however many there are. */
export const list = command({
  name: 'list',
  summary: 'List the registered names, or those that begin with a text or match a pattern',
  args: {
    pattern: {
      type: 'string',
      default: '',
      summary: 'What the names begin with, or a glob if it has * or ?',
    },
  },
  options: {
    ...patternOptions,
    meta: {
      type: 'string',
      repeated: true,
      placeholder: 'KEY[=VALUE]',
      summary: 'Names with all of these metadata entries, with this value or any',
    },
    'any-meta': {
      type: 'string',
      repeated: true,
      placeholder: 'KEY[=VALUE]',
      summary: 'Names with at least one of these metadata entries',
    },
    ...callingOptions,
  },
  run: async (args) => {
    const { pattern, glob, regex, meta } = args;
    const selection = selectNames(pattern, { glob, regex, meta, anyMeta: args['any-meta'] });
    const records = await callNameServer(args, (names) => listAllNames(names, selection));
    await printResult(records, args, records.map(nameRow));
  },
});

/** `nameserver lookup`: one name's record. */
export const lookup = command({
  name: 'lookup',
  summary: 'Show which server a name belongs to, and its metadata',
  args: { name: { type: 'string', required: true, summary: 'The name' } },
  options: callingOptions,
  run: async (args) => {
    const record = await callNameServer(args, (names) => names.lookup(args.name));
    await printResult(record, args, nameRow(record));
  },
});
