import { createInterface } from 'node:readline/promises';

import { coreError, type MetadataChanges, type NameRecord, quoted, resultText } from '@patchbay/core';
import { command } from '@patchbay/core/daemon';

import { callingOptions, callNameServer, print, rowOf } from './calling.js';

/** `nameserver remove`: takes a name from whoever holds it. */
export const remove = command({
  usage: 'remove <name>',
  summary: 'Remove a name, whoever holds it; its server is not told and does not take it again by itself',
  positionals: { name: { type: 'string', demandOption: true, describe: 'The name' } },
  options: {
    ...callingOptions,
    yes: { type: 'boolean', default: false, describe: 'Do not ask first' },
  },
  run: async (args) => {
    // Looked up first: for the question, and because a mistyped name shall not look like success.
    const record = await callNameServer(args, (names) => names.lookup(args.name));
    if (!args.yes && process.stdin.isTTY && !(await isMeant(record))) {
      throw coreError('CALL_CANCELLED', `${quoted(args.name)} was not removed`);
    }
    const removed = await callNameServer(args, (names) => names.remove(args.name));
    const text = removed ? `removed ${quoted(args.name)}` : `${quoted(args.name)} was gone already`;
    await print({ name: args.name, removed }, args.json, text);
  },
});

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

/** Asks on the terminal; no answer (Ctrl-C, Ctrl-D) is a no. */
async function isMeant(record: NameRecord): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const left = new AbortController();
  terminal.once('close', () => {
    left.abort();
  });
  try {
    const question = `${resultText(rowOf(record))}\nRemove this name? [y/N] `;
    const answer = await terminal.question(question, { signal: left.signal });
    return /^y(?:es)?$/i.test(answer.trim());
  } catch (error) {
    if (left.signal.aborted) {
      process.stderr.write('\n');
      return false;
    }
    throw error;
  } finally {
    terminal.close();
  }
}
