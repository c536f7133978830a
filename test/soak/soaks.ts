import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import { read, root, sourcesIn } from '../repository.js';

/**
 * A long test: test files that do more if `PATCHBAY_SOAK` is set, and take their seed from `PATCHBAY_SEED`; those that
 * run for a time take it from `PATCHBAY_DURATION_MS`.
 */
export interface Soak {
  readonly summary: string;
  /** The steps of one round: the arguments of mocha, by a title. */
  readonly steps: () => ReadonlyMap<string, readonly string[]>;
  readonly rounds: number;
  /** How long a step takes that runs for a time, in milliseconds, unless `--duration` says otherwise. */
  readonly durationMs?: number;
}

const mocha = join(root, 'node_modules', '.bin', 'mocha');

/** The long tests by name. CI runs the same files, but less of each. */
export const soaks: Readonly<Record<string, Soak>> = {
  chaos: {
    summary: 'make random requests of storage amid random accidents (half an hour, or --duration; root)',
    steps: () => new Map([['random run', ['test/dist/faults/chaos/chaos.test.js']]]),
    rounds: 1,
    durationMs: 1_800_000,
  },
  clients: {
    summary: 'make a million calls while 1,000 clients connect, fail and leave (some minutes)',
    steps: () => testsIn('test/dist/faults/leaving-clients.test.js'),
    rounds: 1,
  },
  kills: {
    summary: 'kill the RPC server at every effect of every storage operation (half an hour; root)',
    steps: () => testsIn('packages/storage/dist/test/kills/killed-server.test.js'),
    rounds: 1,
  },
  calls: {
    summary: 'look for leaks of sessions, calls and returned objects (half an hour)',
    steps: () => testsIn('test/dist/faults/soak.test.js'),
    rounds: 3,
  },
  identity: {
    summary: 'call while certificates of 30 s are renewed (an hour, or --duration)',
    steps: () => testsIn('test/dist/faults/short-certificates.test.js'),
    rounds: 1,
    durationMs: 3_600_000,
  },
  jobs: {
    summary:
      'kill the server of jobs, the agent and the name server 1,000 times while jobs are submitted (an hour)',
    steps: () => testsIn('test/dist/faults/jobs.test.js'),
    rounds: 1,
  },
  properties: {
    summary: 'run the property tests with other seeds (half an hour)',
    steps: propertyTests,
    rounds: 30,
  },
};

/** Returns the arguments by which `node` runs mocha on a step, in that very process, so that it can be killed. */
export function mochaArguments(args: readonly string[]): string[] {
  return ['--enable-source-maps', mocha, '--no-config', '--timeout', '20000', '--reporter', 'dot', ...args];
}

function testsIn(file: string): ReadonlyMap<string, readonly string[]> {
  const listed = execFileSync(process.execPath, [mocha, '--dry-run', '--reporter', 'json', file], {
    cwd: root,
    env: { ...process.env, PATCHBAY_SOAK: '1' },
    encoding: 'utf8',
  });
  const { tests } = JSON.parse(listed) as { tests: readonly { fullTitle: string }[] };
  return new Map(
    tests.map(({ fullTitle }) => {
      const exactly = `^${fullTitle.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`;
      return [fullTitle, ['--grep', exactly, file]];
    }),
  );
}

function propertyTests(): ReadonlyMap<string, readonly string[]> {
  const seeded = ['--require', join(root, 'test/dist/soak/seed-properties.js')];
  const sources = sourcesIn('packages').filter(
    (path) => /^packages\/\w+\/test\/.*\.test\.ts$/.test(path) && read(path).includes("from 'fast-check'"),
  );
  return new Map(
    sources.map((path) => [path, [...seeded, path.replace('/test/', '/dist/test/').replace(/ts$/, 'js')]]),
  );
}
