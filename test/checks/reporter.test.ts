import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { root } from '../repository.js';
import { conclusion, type FailedCheck, type Tally } from './conclusion.js';

describe('The report of test runs', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'patchbay-reporter-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  /** Runs mocha on tests given as text; gives its exit status, what it printed, and the conclusion's lines. */
  async function report(
    tests: string,
    { words = [], checks = [] }: { words?: string[]; checks?: FailedCheck[] } = {},
  ): Promise<{ status: number; printed: string; lines: string[] }> {
    const [file, tally] = [join(folder, 'sample.test.mjs'), join(folder, 'tally')];
    writeFileSync(file, tests);
    rmSync(tally, { force: true });
    const options = ['--no-config', '--reporter', join(root, 'test/dist/checks/reporter.js'), ...words, file];
    const ran = await node([join(root, 'node_modules/mocha/bin/mocha.js'), ...options], tally);
    const concluded = conclusion({
      tallies: [JSON.parse(readFileSync(tally, 'utf8')) as Tally],
      failedChecks: checks,
      busyFailures: [],
    });
    return { ...ran, lines: concluded.trimEnd().split('\n') };
  }

  function node(words: readonly string[], tally: string): Promise<{ status: number; printed: string }> {
    const environment = { ...process.env, PATCHBAY_TALLY: tally };
    return new Promise((resolve) => {
      execFile(process.execPath, words, { env: environment }, (error, printed) => {
        resolve({ status: Number(error?.code ?? 0), printed });
      });
    });
  }

  const passes = "it('holds', () => {});\n";
  const fails = "it('breaks', () => { throw new Error('broken'); });\n";
  const skips =
    "describe('real disks', () => { before(function () { this.test.parent.leftOut = 'it needs tgtd'; this.skip(); }); it('are', () => {}); });\n";

  it('ends with the counts', async () => {
    const { status, lines } = await report(passes + passes);
    expect(lines.at(-1)).to.equal('2 passed, 0 failed');
    expect(status).to.equal(0);
  });

  it('has the summary of mocha before them', async () => {
    const { printed } = await report(passes);
    expect(printed).to.match(/1 passing/);
  });

  it('counts what failed, and fails', async () => {
    const { status, lines } = await report(passes + fails);
    expect(lines.at(-1)).to.equal('1 passed, 1 failed');
    expect(status).to.be.greaterThan(0);
  });

  it('tells what was left out and why', async () => {
    const { status, lines } = await report(passes + skips);
    expect(lines).to.include('  - real disks are (it needs tgtd)');
    expect(lines.at(-1)).to.equal('1 passed, 0 failed, 1 skipped');
    expect(status).to.equal(0);
  });

  it('counts all runs together', () => {
    const tallies = [
      { passed: 3, failures: [{ title: 'a disk fits', error: 'Error: too small' }], leftOut: [] },
      { passed: 4, failures: [], leftOut: ['real disks are (it needs tgtd)'] },
    ];
    expect(conclusion({ tallies, failedChecks: [], busyFailures: [] })).to.match(
      /^LEFT OUT, 1 tests:\n {2}- real disks.*\nFAILED, 1 tests:\n[^]*\n7 passed, 1 failed, 1 skipped\n$/,
    );
  });

  it('repeats each failed test with its error before the counts', async () => {
    const { lines } = await report(passes + fails);
    expect(lines.slice(0, 3)).to.deep.equal(['FAILED, 1 tests:', '  - breaks', '      Error: broken']);
    expect(lines[3]).to.match(/at .*sample\.test\.mjs/);
  });

  it('names what failed only beside other tests, and counts it as passed', () => {
    const tallies = [{ passed: 1, failures: [], leftOut: [] }];
    const busyFailures = [{ title: 'a timer rings', error: 'Error: too late' }];
    expect(conclusion({ tallies, failedChecks: [], busyFailures }).split('\n')).to.deep.equal([
      'FAILED BESIDE OTHER TESTS, PASSED ALONE, 1 tests:',
      '  - a timer rings',
      '      Error: too late',
      '1 passed, 0 failed',
      '',
    ]);
  });

  it('fails for what was left out where nothing may be', async () => {
    const { status, lines } = await report(passes + skips, { words: ['--forbid-pending'] });
    expect(lines.at(-1)).to.match(/^1 passed, 1 failed/);
    expect(status).to.be.greaterThan(0);
  });

  it('counts the checks that failed before the tests', async () => {
    const checks = [
      { name: 'lint', output: 'a.ts\n  no-var\n' },
      { name: 'unused', output: '' },
    ];
    const { lines } = await report(passes, { checks });
    expect(lines.join('\n')).to.include('CHECK THAT FAILED: lint\na.ts\n  no-var\nCHECK THAT FAILED: unused');
    expect(lines.at(-1)).to.equal('1 passed, 2 failed');
  });
});
