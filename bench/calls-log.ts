import { statSync } from 'node:fs';

import { type CallFilter, CallLog, callLogSettings, callsFormat } from '@patchbay/calls';
import {
  type AnsweredCall,
  coreError,
  localCaller,
  type Principal,
  silentLog,
  systemClock,
} from '@patchbay/objects';
import { Scratch } from '@patchbay/objects/testing';
import { openDatabase } from '@patchbay/store';

import type { Section } from './section.js';
import { median } from './statistics.js';

const rows = 1_000_000;
/** How many calls a page has. */
const limit = 20;
const rounds = 200;
const batch = 1_000;

const methods = [
  'provision',
  'detach_node',
  'create_snapshot',
  'rename_node',
  'rotate_credentials',
  'restore_node',
];

const filters: readonly (readonly [string, CallFilter])[] = [
  ['no filter', {}],
  ['a caller', { caller: 'user:alice17' }],
  ['a method', { method: 'storage.provision' }],
  ['a glob of methods', { method: 'storage.*_node' }],
  ['failed calls', { failed: true }],
  ['a method of a caller', { caller: 'user:alice17', method: 'storage.rename_node' }],
  ['a time in the middle', { caller: 'user:alice17', until: '1s' }],
  ['a correlation id', { correlationId: 'JfQ2mZ0qTzWl9kXvB8aNrg-500000' }],
];

/** Measures what a logged call costs, what it takes on the disk, and how long a page of a million calls takes. */
export async function benchCallsLog(): Promise<Section[]> {
  await using scratch = await Scratch.make();
  const file = scratch.file('calls.sqlite');
  const log = new CallLog({ file, settings: callLogSettings.parse({}), clock: systemClock, log: silentLog });
  const us = await microsecondsOfRow(log);
  const pages: { readonly name: string; readonly us: number }[] = [];
  for (const [name, filter] of filters) {
    pages.push({ name, us: await microsecondsOfPage(log, filter) });
  }
  const { dropped } = log.status();
  await log[Symbol.asyncDispose]();
  if (dropped > 0) {
    throw new Error(`${String(dropped)} calls were dropped`);
  }
  const bytes = statSync(file).size / rows;
  const lookup = microsecondsOfLookup(file);
  return [
    {
      title: 'The log of calls',
      unit: 'per call',
      columns: ['us of processor time', 'bytes on the disk'],
      rows: [{ name: 'an operator’s call with three arguments', values: [us, bytes] }],
      bars: [
        { figure: 'a call in the log, us of processor time', value: us, is: 'at most', limit: 25 },
        { figure: 'a call in the log, bytes', value: bytes, is: 'at most', limit: 200 },
      ],
      plotted: false,
    },
    {
      title: `A page of ${String(limit)} of a million logged calls`,
      unit: 'us, median',
      columns: ['us', 'lookups by primary key'],
      rows: [
        { name: 'a lookup by primary key', values: [lookup, 1] },
        ...pages.map((each) => ({ name: each.name, values: [each.us, each.us / lookup] })),
      ],
      bars: pages.map((each) => ({
        figure: `a page by ${each.name}, in lookups by primary key`,
        value: each.us / lookup,
        is: 'at most',
        limit: 40,
      })),
      plotted: false,
    },
  ];
}

async function microsecondsOfRow(log: CallLog): Promise<number> {
  const failure = coreError('DEADLINE_PASSED', 'it took too long');
  const callers = Array.from({ length: 40 }, (_, index) => {
    const principal: Principal = index === 0 ? 'local' : `user:alice${String(index)}`;
    return { ...localCaller(`10.0.0.${String(index)}:${String(40_000 + index)}`), principal };
  });
  const before = process.cpuUsage();
  for (let index = 0; index < rows; index++) {
    const callId = `JfQ2mZ0qTzWl9kXvB8aNrg-${String(index)}`;
    const call: AnsweredCall = {
      object: 'storage',
      method: methods[(index * 7) % methods.length] ?? '',
      callId,
      correlationId: callId,
      caller: callers[(index * 13) % callers.length] ?? localCaller('in-memory'),
      metadata: {},
      durationMs: 12.3 + (index % 100),
      access: 'operate',
      maskedArguments: () => ['node7', 'debian-12', { sizeBytes: 21_474_836_480 }],
      maskResult: (result) => result,
    };
    log.answered(call, index % 50 === 0 ? { error: failure } : { result: null, bytes: 400 });
    if (index % batch === 0) {
      await log.page({}, { limit: 1 }); // written then: what waits is bounded
    }
  }
  await log.page({}, { limit: 1 });
  const { user, system } = process.cpuUsage(before);
  return (user + system) / rows;
}

async function microsecondsOfPage(log: CallLog, filter: CallFilter): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = systemClock.monotonicMs();
    const { calls } = await log.page(filter, { limit });
    times.push((systemClock.monotonicMs() - before) * 1000);
    if (calls.length === 0) {
      throw new Error(`nothing is found by ${JSON.stringify(filter)}`);
    }
  }
  return median(times);
}

/** Returns how long it takes to read a row by its primary key, in microseconds. */
function microsecondsOfLookup(file: string): number {
  const connection = openDatabase(file, callsFormat);
  try {
    const statement = connection.prepare<[number]>('SELECT * FROM calls WHERE id = ?');
    const times: number[] = [];
    for (let round = 0; round < rounds * 10; round++) {
      const before = systemClock.monotonicMs();
      statement.get(1 + ((round * 7_919) % rows));
      times.push((systemClock.monotonicMs() - before) * 1000);
    }
    return median(times);
  } finally {
    connection.close();
  }
}
