import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { root } from './repository.js';

describe('The report of a test run', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'patchbay-reporter-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  /** Runs mocha on tests given as text, and gives its exit status and the lines that it printed. */
  function report(
    tests: string,
    { words = [], checks = '' }: { words?: string[]; checks?: string } = {},
  ): Promise<{ status: number; lines: string[] }> {
    const file = join(folder, 'sample.test.mjs');
    writeFileSync(file, tests);
    const mocha = join(root, 'node_modules/mocha/bin/mocha.js');
    const options = ['--no-config', '--reporter', join(root, 'test/dist/reporter.js'), ...words, file];
    const environment = { ...process.env, PATCHBAY_FAILED_CHECKS: checks };
    return new Promise((resolve) => {
      execFile(process.execPath, [mocha, ...options], { env: environment }, (error, stdout) => {
        resolve({ status: Number(error?.code ?? 0), lines: stdout.trimEnd().split('\n') });
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
    const { lines } = await report(passes);
    expect(lines.join('\n')).to.match(/1 passing/);
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

  it('fails for what was left out where nothing may be', async () => {
    const { status, lines } = await report(passes + skips, { words: ['--forbid-pending'] });
    expect(lines.at(-1)).to.match(/^1 passed, 1 failed/);
    expect(status).to.be.greaterThan(0);
  });

  it('counts the checks that failed before the tests', async () => {
    const { lines } = await report(passes, { checks: 'lint unused' });
    expect(lines.join('\n')).to.include('CHECKS THAT FAILED, see above: lint, unused');
    expect(lines.at(-1)).to.equal('1 passed, 2 failed');
  });
});
