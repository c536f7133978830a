import { command, type FormatValues, nameServerAdvice, printResult } from '@patchbay/daemon';
import {
  coreError,
  isRpcError,
  listAllNames,
  type ListOptions,
  type NameRecord,
  quoted,
} from '@patchbay/objects';
import { confirm, nameRow, resultText } from '@patchbay/terminal';

import type { Names } from '../client.js';
import { callingOptions, callNameServer, patternOptions } from './calling.js';

/** How many names are removed at once. */
const atOnce = 100;

/** `nameserver remove`: takes names from whoever holds them. */
export const remove = command({
  name: 'remove',
  summary:
    'Remove a name, or all that match a pattern, whoever holds them; their servers do not take them back',
  args: { name: { type: 'string', summary: 'The name' } },
  options: {
    ...patternOptions,
    ...callingOptions,
    yes: { type: 'boolean', default: false, summary: 'Do not ask for confirmation' },
  },
  run: async (args) => {
    const { name, glob, regex } = args;
    if (name !== undefined && (glob ?? regex) !== undefined) {
      throw coreError('ARGUMENT_SURPLUS', 'give either a name, or --glob or --regex');
    }
    const ask = !args.yes && process.stdin.isTTY;
    if (name !== undefined) {
      await removeOne(args, name, ask);
    } else if (glob !== undefined || regex !== undefined) {
      await removeAll(args, { glob, regex }, ask);
    } else {
      throw coreError('ARGUMENT_MISSING', 'give a name, --glob PATTERN or --regex PATTERN');
    }
  },
});

type Arguments = Parameters<typeof callNameServer>[0] & FormatValues;

async function removeOne(args: Arguments, name: string, ask: boolean): Promise<void> {
  // Looked up first: for the question, and because a mistyped name must not look like success.
  const record = await callNameServer(args, (names) => names.lookup(name)).catch(async (error: unknown) => {
    // It may be reserved for a host that has it no more.
    if (
      isRpcError(error, 'OBJECT_NOT_FOUND') &&
      (await callNameServer(args, (names) => names.remove(name)))
    ) {
      return undefined;
    }
    throw error;
  });
  if (record === undefined) {
    await printResult({ name, removed: true }, args, `removed the reservation of ${quoted(name)}`);
    return;
  }
  if (record.name !== name) {
    throw coreError(
      'OBJECT_NOT_FOUND',
      `${quoted(name)} has versions; say which to remove, such as ${record.name}`,
    );
  }
  if (ask && !(await confirm(`${resultText(nameRow(record))}\nRemove this name?`))) {
    throw coreError('CALL_CANCELLED', `${quoted(name)} was not removed`);
  }
  const removed = await callNameServer(args, (names) => names.remove(name));
  const text = removed ? `removed ${quoted(name)}` : `${quoted(name)} was gone already`;
  await printResult({ name, removed }, args, text);
}

async function removeAll(args: Arguments, selection: ListOptions, ask: boolean): Promise<void> {
  // Listed first, so that what goes is what was shown, and no name that came in the meantime.
  const records = await callNameServer(args, (names) => listAllNames(names, selection));
  if (ask && records.length > 0 && !(await confirm(questionOf(records)))) {
    throw coreError('CALL_CANCELLED', 'no name was removed');
  }
  const { removed, failures } = await callNameServer(args, (names) => removeEach(names, records));
  const count = `removed ${countText(removed.length)}`;
  const text =
    failures.length === 0 ? count : [`${count} of ${String(records.length)}`, ...removed].join('\n');
  await printResult({ removed: removed.length, names: removed }, args, text);
  if (failures.length > 0) {
    throw nameServerAdvice(failures[0]);
  }
}

/** Removes names until one cannot be removed; returns those that were still there, and why others could not be. */
async function removeEach(
  names: Names,
  records: readonly NameRecord[],
): Promise<{ readonly removed: readonly string[]; readonly failures: readonly unknown[] }> {
  const removed: string[] = [];
  const failures: unknown[] = [];
  for (let first = 0; first < records.length && failures.length === 0; first += atOnce) {
    const some = records.slice(first, first + atOnce).map(({ name }) => name);
    const outcomes = await Promise.allSettled(some.map((name) => names.remove(name)));
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.status === 'rejected') {
        failures.push(outcome.reason);
      } else if (outcome.value) {
        removed.push(some[index] as string);
      }
    }
  }
  return { removed, failures };
}

function questionOf(records: readonly NameRecord[]): string {
  const them = records.length === 1 ? 'this 1 name' : `these ${countText(records.length)}`;
  return `${resultText(records.map(nameRow))}\nRemove ${them}?`;
}

function countText(count: number): string {
  return count === 1 ? '1 name' : `${String(count)} names`;
}
