import { eventually } from '@patchbay/objects/testing';
import { expect } from 'chai';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Job } from './jobs.js';
import { runJob } from './run-job.js';

describe('A job of checks', () => {
  const never = new AbortController().signal;
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'patchbay-run-job-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  function isRunning(pid: number): boolean {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  }

  const shell = (script: string, isMocha = false): Job => ({
    ...{ name: 'a shell', argv: ['sh', '-c', script], seconds: 1, exclusive: false, quick: false, isMocha },
  });

  it('passes with status 0, and has printed what it printed, in order', async () => {
    const { passed, output } = await runJob(shell('echo one; echo two >&2; echo three'), never);
    expect(passed).to.be.true;
    expect(output.split('\n').sort()).to.deep.equal(['', 'one', 'three', 'two']);
  });

  it('fails with another status', async () => {
    expect(await runJob(shell('exit 3'), never)).to.include({ passed: false });
  });

  it('fails when its program is missing, and says so', async () => {
    const { passed, output } = await runJob({ ...shell(''), argv: ['no-such-program'] }, never);
    expect(passed).to.be.false;
    expect(output).to.match(/^cannot run no-such-program: .*ENOENT/);
  });

  it('returns what the reporter counted', async () => {
    const counts = '{"passed":2,"failures":[],"leftOut":[]}';
    const { tally } = await runJob(shell(`echo '${counts}' >"$PATCHBAY_TALLY"`, true), never);
    expect(tally).to.deep.equal({ passed: 2, failures: [], leftOut: [] });
  });

  it('has counted nothing when its tests did not get to their end', async () => {
    expect(await runJob(shell('exit 1', true), never)).to.include({ passed: false, tally: undefined });
  });

  it('leaves nothing that it started in the background', async () => {
    const { output } = await runJob(shell('sleep 60 & echo $!'), never);
    const pid = Number(output);
    await eventually(() => !isRunning(pid));
  });

  it('is interrupted, with what it started, when the signal aborts', async () => {
    const stop = new AbortController();
    const [begun, ended] = [join(folder, 'begun'), join(folder, 'ended')];
    const script = `sh -c 'trap "touch ${ended}; exit" INT; touch ${begun}; while :; do sleep 0.05; done'`;
    const running = runJob(shell(script), stop.signal);
    await eventually(() => existsSync(begun));
    stop.abort();
    expect(await running).to.include({ passed: false });
    await eventually(() => existsSync(ended));
  });
});
