import { type NameRecord } from '@patchbay/core';
import { command, nameServerAddress } from '@patchbay/core/daemon';

import { type Names } from '../client.js';
import { pageLimits } from '../registry.js';
import { callingOptions, callNameServer, print, rowOf } from './calling.js';

/** `nameserver ping`: whether it is there, what it is, and how fast it answers. */
export const ping = command({
  usage: 'ping',
  summary: 'Say whether the name server answers, and what it holds',
  options: callingOptions,
  run: async (args) => {
    const startedMs = performance.now();
    const info = await callNameServer(args, (names) => names.info());
    const answerMs = Math.ceil(performance.now() - startedMs);
    await print({ address: nameServerAddress(args['name-server']), answerMs, ...info }, args.json);
  },
});

/** `nameserver list`: every name, however many there are. */
export const list = command({
  usage: 'list [prefix]',
  summary: 'List the registered names, or those that begin with a prefix',
  positionals: { prefix: { type: 'string', default: '', describe: 'What the names begin with' } },
  options: callingOptions,
  run: async (args) => {
    const records = await callNameServer(args, (names) => listAll(names, args.prefix));
    await print(args.json ? records : records.map(rowOf), args.json);
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
    await print(args.json ? record : rowOf(record), args.json);
  },
});

async function listAll(names: Names, prefix: string): Promise<NameRecord[]> {
  const records: NameRecord[] = [];
  for (let after: string | undefined; ;) {
    const page = await names.list({ prefix, after, limit: pageLimits.max });
    records.push(...page.names);
    if (page.next === undefined) {
      return records;
    }
    after = page.next;
  }
}
