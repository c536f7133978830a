import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import createJobs, { type Jobs } from '@patchbay/jobs';
import { TestNameServer } from '@patchbay/nameserver/testing';
import { type ObjectContext, silentLog, systemClock } from '@patchbay/objects';
import { arg, defineObject, method } from '@patchbay/objects/define';
import { connect } from '@patchbay/rpcclient';
import { RpcServer } from '@patchbay/rpcserver';
import { openSqliteStore, type Store } from '@patchbay/store';
import { z } from 'zod';

import type { Section } from './section.js';
import { median } from './statistics.js';

const rounds = 7;
const perRound = 60;
const inFlight = 16;
const pushed = 100;
const hourMs = 3_600_000;

/** Measures what keeping a call costs beside a bare insert into the same store, and how soon it begins. */
export async function benchJobs(): Promise<Section[]> {
  const directory = await mkdtemp(join(tmpdir(), 'patchbay-bench-jobs-'));
  try {
    const { bareMs, aloneMs, togetherMs, startedMs } = await measure(directory);
    return [
      {
        title: 'Keeping a call durably',
        unit: 'ms for each, median',
        columns: ['alone', `${String(inFlight)} in flight`],
        rows: [
          { name: 'jobs.submit', values: [aloneMs, togetherMs] },
          { name: 'a bare insert into a store', values: [bareMs, null] },
        ],
        bars: [
          { figure: 'submit / a bare insert, alone', value: aloneMs / bareMs, is: 'at most', limit: 6 },
          {
            figure: `submit with ${String(inFlight)} in flight / a bare insert alone`,
            value: togetherMs / bareMs,
            is: 'at most',
            limit: 1,
          },
        ],
        plotted: false,
      },
      {
        title: `From the answer to submit until the call begins, while ${String(inFlight)} others submit`,
        unit: 'ms, median',
        columns: ['by push'],
        rows: [{ name: 'a job of an object', values: [startedMs] }],
        bars: [{ figure: 'acknowledged to started, ms', value: startedMs, is: 'at most', limit: 100 }],
        plotted: false,
      },
    ];
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

interface Figures {
  readonly bareMs: number;
  readonly aloneMs: number;
  readonly togetherMs: number;
  readonly startedMs: number;
}

async function measure(directory: string): Promise<Figures> {
  await using names = await TestNameServer.start();
  await using bare = await openSqliteStore({ directory: join(directory, 'bare'), clock: systemClock });
  const begun = new Map<string, number>();
  const server = await RpcServer.start({
    nameServer: names.address,
    listen: '127.0.0.1:0',
    insecure: true,
    stateDir: join(directory, 'server'),
    log: silentLog,
    objects: {
      probe: probe(begun),
      jobs: (context: ObjectContext) => createJobs({ insecure: true, slots: 64 }, context),
    },
  });
  try {
    return await measureWith(names.address, bare, begun);
  } finally {
    await server.close();
  }
}

async function measureWith(
  nameServer: string,
  bare: Store,
  begun: ReadonlyMap<string, number>,
): Promise<Figures> {
  await using client = connect({ nameServer, insecure: true });
  const jobs = client.proxy<Jobs>('jobs');
  let next = 0;
  const submit = (policy: { notBeforeMs?: number } = {}): Promise<unknown> => {
    next += 1;
    return jobs.submit('probe', 'begin', [`j${String(next)}`], { id: `j${String(next)}`, ...policy });
  };
  const later = { notBeforeMs: Date.now() + hourMs };
  const value = 'x'.repeat(600); // as long as a job's record
  const figures = { bare: [] as number[], alone: [] as number[], together: [] as number[] };
  for (let round = -1; round < rounds; round += 1) {
    const bareMs = await timeOfEach(1, () => bare.commit([], [{ put: `job/${String((next += 1))}`, value }]));
    const aloneMs = await timeOfEach(1, () => submit(later));
    const togetherMs = await timeOfEach(inFlight, () => submit(later));
    if (round >= 0) {
      figures.bare.push(bareMs);
      figures.alone.push(aloneMs);
      figures.together.push(togetherMs);
    }
  }
  return {
    bareMs: median(figures.bare),
    aloneMs: median(figures.alone),
    togetherMs: median(figures.together),
    startedMs: await timeToStart(submit, begun, () => next, later),
  };
}

/** Returns an object whose method notes when it begins. */
function probe(begun: Map<string, number>): ReturnType<typeof defineObject> {
  return defineObject({
    summary: 'Notes when its calls begin',
    methods: {
      begin: method({
        summary: 'Begin',
        args: [arg('id', z.string(), 'of the job')],
        returns: z.null(),
        run: (id) => {
          begun.set(id, performance.now());
          return null;
        },
      }),
    },
  });
}

/** Returns how long each takes of so many at once, in milliseconds. */
async function timeOfEach(atOnce: number, work: () => Promise<unknown>): Promise<number> {
  const count = perRound * atOnce;
  let made = 0;
  const one = async (): Promise<void> => {
    while (made < count) {
      made += 1;
      await work();
    }
  };
  const startedAtMs = performance.now();
  await Promise.all(Array.from({ length: atOnce }, one));
  return (performance.now() - startedAtMs) / count;
}

/** Returns the median time from the answer to a submission until its call begins, while others submit. */
async function timeToStart(
  submit: (policy?: { notBeforeMs?: number }) => Promise<unknown>,
  begun: ReadonlyMap<string, number>,
  last: () => number,
  later: { notBeforeMs: number },
): Promise<number> {
  let isOver = false;
  const load = async (): Promise<void> => {
    while (!isOver) {
      await submit(later);
    }
  };
  const others = Array.from({ length: inFlight }, load);
  const times: number[] = [];
  for (let index = 0; index < pushed; index += 1) {
    const call = submit();
    const id = `j${String(last())}`;
    await call;
    const acknowledgedMs = performance.now();
    while (!begun.has(id)) {
      await systemClock.sleep(1);
    }
    times.push(Math.max(0, (begun.get(id) ?? 0) - acknowledgedMs));
  }
  isOver = true;
  await Promise.all(others);
  return median(times);
}
