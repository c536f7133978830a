import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Daemon } from './names/daemon.js';
import { benchLists } from './names/lists.js';
import { benchLookups, hasPyro4, type Lookups } from './names/lookups.js';
import { bareCommits, benchRegistrations } from './names/registrations.js';
import { callerOf, fill } from './names/registry.js';
import { benchWatchers, watchers } from './names/watchers.js';
import type { Bar, Section } from './section.js';

const counts = [1_000, 100_000] as const;
const columns = counts.map((count) => `${count.toLocaleString('en')} names`);

/** What was measured with so many names. */
interface Figures {
  readonly filledPerSecond: number;
  readonly lists: ReadonlyMap<string, number>;
  readonly registrations: ReadonlyMap<string, number>;
  readonly memoryMb: number;
  readonly watch: { readonly firstMs: number; readonly lastMs: number };
  readonly onOneCore: Lookups;
  readonly onTwoCores: Lookups;
}

/** Measures the name server's daemon with few and with many names, its lookups beside those of Pyro4's. */
export async function benchNames(): Promise<Section[]> {
  const pyro4 = hasPyro4();
  const figures: Figures[] = [];
  for (const count of counts) {
    figures.push(await measure(count, pyro4));
  }
  return [
    lookups(
      'on one core',
      figures.map(({ onOneCore }) => onOneCore),
    ),
    {
      ...lookups(
        'on two cores',
        figures.map(({ onTwoCores }) => onTwoCores),
      ),
      bars: [],
    },
    lists(figures),
    registrations(figures),
    {
      title: "Memory of the name server's daemon, filled and after 1,000 lists",
      unit: 'MB, resident',
      columns,
      rows: [{ name: 'Patchbay', values: figures.map(({ memoryMb }) => memoryMb) }],
      bars: [bar(`MB with ${columns.at(-1) ?? ''}`, figures.at(-1)?.memoryMb, 'at most', 150)],
      plotted: false,
    },
    {
      title: `From a registration to ${watchers.toLocaleString('en')} watchers, each on its own connection`,
      unit: 'ms, median',
      columns,
      rows: [
        { name: 'the first is told', values: figures.map(({ watch }) => watch.firstMs) },
        { name: 'the last is told', values: figures.map(({ watch }) => watch.lastMs) },
      ],
      bars: [],
      plotted: false,
    },
  ];
}

async function measure(count: number, pyro4: boolean): Promise<Figures> {
  const stateDir = await mkdtemp(join(tmpdir(), 'patchbay-bench-names-'));
  try {
    const filled = await measureFilled(stateDir, count);
    const onOneCore = await benchLookups({ stateDir, count, processor: 0, pyro4 });
    const onTwoCores = await benchLookups({ stateDir, count, processor: undefined, pyro4 });
    return { ...(await measureWrites(stateDir)), ...filled, onOneCore, onTwoCores };
  } finally {
    await rm(stateDir, { recursive: true, force: true });
  }
}

async function measureFilled(
  stateDir: string,
  count: number,
): Promise<Pick<Figures, 'filledPerSecond' | 'lists' | 'memoryMb'>> {
  await using daemon = await Daemon.start(stateDir);
  await using client = callerOf(daemon.address);
  const { names } = client;
  const filledPerSecond = await fill(names, count);
  return { filledPerSecond, lists: await benchLists(names), memoryMb: await daemon.memoryMb() };
}

/** Measures what adds names: last, so that all else is measured with as many as it says. */
async function measureWrites(stateDir: string): Promise<Pick<Figures, 'registrations' | 'watch'>> {
  await using daemon = await Daemon.start(stateDir);
  await using client = callerOf(daemon.address);
  const { names } = client;
  return { registrations: await benchRegistrations(names), watch: await benchWatchers(daemon.address) };
}

function lookups(where: string, figures: readonly Lookups[]): Section {
  return {
    title: `A lookup at the name server, one caller, ${where}`,
    unit: 'us, median',
    columns,
    rows: [
      { name: 'Patchbay, durable', values: figures.map(({ ours }) => ours) },
      { name: 'a call of a session', values: figures.map(({ call }) => call) },
      { name: 'Pyro4, in memory', values: figures.map(({ pyro4 }) => pyro4) },
    ],
    bars: figures.flatMap(({ ours, call, pyro4 }, index) => [
      bar(`lookup / a call of a session, ${columns[index] ?? ''}`, ours / call, 'at most', 1.3),
      bar(
        `lookup / Pyro4's, ${columns[index] ?? ''}`,
        pyro4 === null ? undefined : ours / pyro4,
        'at most',
        0.5,
      ),
    ]),
    plotted: true,
  };
}

function lists(figures: readonly Figures[]): Section {
  const [few, many] = figures.map((each) => each.lists);
  const kinds = [...(few?.keys() ?? [])];
  const grows = (kind: string): number => (many?.get(kind) ?? NaN) / (few?.get(kind) ?? NaN);
  return {
    title: 'A list of 100 names, one caller, two cores',
    unit: 'us, median',
    columns,
    rows: kinds.map((name) => ({ name, values: figures.map((each) => each.lists.get(name) ?? null) })),
    bars: kinds.map((kind) =>
      bar(
        `list ${kind}: among 100,000 / among 1,000`,
        grows(kind),
        'at most',
        kind === 'by prefix' ? 1.5 : 3,
      ),
    ),
    plotted: false,
  };
}

function registrations(figures: readonly Figures[]): Section {
  const [few] = figures.map((each) => each.registrations);
  const kinds = [...(few?.keys() ?? [])];
  const many = figures.at(-1);
  const inBatches = kinds.filter((kind) => /names at once|^256/.test(kind));
  return {
    title: 'Durable registrations, two cores',
    unit: 'names/s',
    columns: columns.map((each) => `beside ${each}`),
    rows: [
      ...kinds.map((name) => ({ name, values: figures.map((each) => each.registrations.get(name) ?? null) })),
      {
        name: 'the names themselves: 1000 at once, two keys of metadata each',
        values: figures.map(({ filledPerSecond }) => filledPerSecond),
      },
    ],
    bars: inBatches.flatMap((kind) => {
      const perSecond = many?.registrations.get(kind);
      const commits = many?.registrations.get(bareCommits) ?? NaN;
      return [
        bar(`names/s, ${kind}`, perSecond, 'at least', 5_000),
        bar(`${kind} / bare commits`, (perSecond ?? NaN) / commits, 'at least', 0.3),
      ];
    }),
    plotted: false,
  };
}

function bar(figure: string, value: number | undefined, is: Bar['is'], limit: number): Bar {
  return { figure, value: value ?? null, is, limit };
}
