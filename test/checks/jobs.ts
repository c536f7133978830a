import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { root } from '../repository.js';

/** A check, or some files of tests: a program that runs on its own. */
export interface Job {
  /** What the report calls it: a check's name, or the path of the tests. */
  readonly name: string;
  readonly argv: readonly string[];
  /** About how long it takes, in seconds: the longest begin first. */
  readonly seconds: number;
  /** Whether nothing else may run meanwhile. */
  readonly exclusive: boolean;
  /** Whether it is part of `npm run test:quick`. */
  readonly quick: boolean;
  /** Whether it is mocha, whose reporter counts its tests. */
  readonly isMocha: boolean;
}

/** How a job is run; by default briefly, beside others, and not by `npm run test:quick`. */
type Schedule = Partial<Pick<Job, 'seconds' | 'exclusive' | 'quick'>>;

/** How files of tests become jobs: those of one schedule are one job, or each is its own. */
export type TestSchedules = Readonly<Record<string, Schedule & { readonly eachFile?: boolean }>>;

/** The static checks of a built checkout. */
const checks: Readonly<Record<string, Schedule & Pick<Job, 'argv'>>> = {
  // By their contents, as a checkout gives files new times.
  format: {
    argv: ['prettier', '--check', '--cache', '--cache-strategy', 'content', '--log-level', 'warn', '.'],
    seconds: 20,
    quick: true,
  },
  lint: { argv: ['eslint', '--config', 'eslint.whole.config.js', '.'], seconds: 60 },
  generated: { argv: ['scripts/check-generated.sh'], quick: true },
  unused: { argv: ['knip', '--no-progress'], quick: true },
  shell: { argv: ['scripts/check-shell.sh'], quick: true },
};

/**
 * The folders and files of tests that do not run with the others of their package, by their paths without `.test.ts`:
 * those that take long, so that the lanes end together; those that start many programs, as each start takes 40 ms in
 * a process of half a GiB; and those that measure time so closely that nothing may run beside them.
 */
export const testSchedules: TestSchedules = {
  'packages/grpc/test/half-open': { seconds: 20 },
  'packages/grpc/test/server': { seconds: 15 },
  'packages/rpcserver/test/bin': { seconds: 40 },
  'packages/storage/test/disks': { seconds: 35 },
  'packages/storage/test/disks/file/clone-time': { exclusive: true },
  'packages/storage/test/kills': { seconds: 70, eachFile: true },
  'packages/storage/test/object': { seconds: 15 },
  'packages/storage/test/reconcile': { seconds: 15 },
  'packages/storage/test/targets': { seconds: 25 },
  'test/api': { seconds: 10 },
  'test/bundle': { seconds: 5 },
  'test/commands': { seconds: 30, eachFile: true },
  'test/commands-page': { seconds: 10 },
  'test/faults': { seconds: 40, eachFile: true },
  'test/faults/chaos': { seconds: 25 },
  'test/faults/hostile-messages': { seconds: 30, exclusive: true },
  'test/faults/short-certificates': { seconds: 12, exclusive: true },
  'test/install': { seconds: 50, eachFile: true },
  'test/install/init-states': { seconds: 60, exclusive: true },
  'test/install/joined-host': { seconds: 90, exclusive: true },
  'test/install/systemd-host': { seconds: 60, exclusive: true },
  'test/interop': { seconds: 10 },
  'test/packages': { seconds: 60, eachFile: true },
  'test/system': { seconds: 45, eachFile: true },
  'test/system/load': { exclusive: true },
  'test/upgrade': { seconds: 20 },
};

/** Returns all jobs: the checks, and every test that was built. */
export function allJobs(): Job[] {
  const folders = ['test', ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}/test`)];
  const others = Object.fromEntries(folders.map((folder) => [folder, { seconds: 20, quick: true }]));
  return [
    ...Object.entries(checks).map(([name, { argv, ...schedule }]) => jobOf(name, argv, schedule)),
    ...testJobs(builtTests(), { ...others, ...testSchedules }),
  ];
}

/** Makes jobs of built files of tests, each file by the schedule with the longest path that it is below. */
export function testJobs(files: readonly string[], schedules: TestSchedules): Job[] {
  const paths = Object.keys(schedules).sort((one, other) => other.length - one.length);
  const jobs = new Map<string, { readonly schedule: Schedule; readonly files: string[] }>();
  for (const file of files) {
    const source = sourceOf(file);
    const path = paths.find((each) => source === each || source.startsWith(`${each}/`)) ?? source;
    const { eachFile = false, ...schedule } = schedules[path] ?? {};
    const name = eachFile ? source : path;
    const job = jobs.get(name) ?? { schedule, files: [] };
    job.files.push(file);
    jobs.set(name, job);
  }
  return [...jobs].map(([name, job]) => ({
    ...jobOf(name, ['mocha', ...mochaOptions(), ...job.files], job.schedule),
    isMocha: true,
  }));
}

function jobOf(name: string, argv: readonly string[], schedule: Schedule): Job {
  return { name, argv, seconds: 5, exclusive: false, quick: false, isMocha: false, ...schedule };
}

function mochaOptions(): string[] {
  const strict = process.env.CI === 'true' ? ['--forbid-only', '--forbid-pending'] : [];
  return [
    '--reporter',
    'test/dist/checks/reporter.js',
    process.stdout.isTTY ? '--color' : '--no-color',
    ...strict,
  ];
}

/** Returns `packages/store/test/sqlite/watch` for `packages/store/dist/test/sqlite/watch.test.js`. */
function sourceOf(file: string): string {
  return file.replace('/dist/', '/').replace(/\.test\.js$/, '');
}

/** Lists the built files of tests, by their paths from the root. */
function builtTests(): string[] {
  const folders = readdirSync(join(root, 'packages')).map((name) => `packages/${name}/dist/test`);
  return ['test/dist', ...folders].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.test.js'))
      .map((path) => join(folder, path))
      .sort(),
  );
}
