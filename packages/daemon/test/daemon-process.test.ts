import { expect } from 'chai';
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { text } from 'node:stream/consumers';

const daemonModule = new URL('../src/index.js', import.meta.url).href;

/** A daemon that prints `ready`, runs `work`, and prints `done` once it is stopped. */
function daemonSource(work: string): string {
  return `
    import { logSettings, openLog, runDaemon } from ${JSON.stringify(daemonModule)};
    const log = openLog(logSettings.parse({}));
    const tick = () => new Promise((resolve) => setTimeout(resolve, 20));
    await runDaemon(async (signal) => {
      const stopped = new Promise((resolve) => signal.addEventListener('abort', resolve));
      process.stdout.write('ready\\n');
      ${work}
      const alive = setInterval(() => undefined, 1000);
      await stopped;
      clearInterval(alive);
      process.stdout.write('done\\n');
    }, { log });`;
}

describe('The process of a daemon', () => {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) {
      child.kill('SIGKILL');
    }
  });

  function start(work: string, stderr: 'pipe' | number = 'pipe'): ChildProcess {
    const child = spawn(process.execPath, ['--input-type=module', '-e', daemonSource(work)], {
      stdio: ['ignore', 'pipe', stderr],
    });
    children.push(child);
    return child;
  }

  function ended(child: ChildProcess): Promise<number | null> {
    return new Promise((resolve) => child.once('exit', resolve));
  }

  function ready(child: ChildProcess): Promise<unknown> {
    return new Promise((resolve) => child.stdout!.once('data', resolve));
  }

  it('ends in order, with status 0, on SIGTERM', async () => {
    const child = start('');
    const status = ended(child);
    await ready(child);
    child.kill('SIGTERM');
    expect(await status).to.equal(0);
  });

  it('ends at once, with status 1, on a second signal', async () => {
    const child = start(
      "process.on('SIGTERM', () => process.stdout.write('told\\n')); await new Promise(() => setInterval(() => undefined, 1000));",
    );
    const status = ended(child);
    await ready(child);
    const told = ready(child);
    child.kill('SIGTERM');
    await told;
    child.kill('SIGTERM');
    expect(await status).to.equal(1);
  });

  for (const [what, work] of [
    ['a rejection', "void Promise.reject(new Error('unforeseen'));"],
    ['an exception', "setImmediate(() => { throw new Error('unforeseen'); });"],
  ] as const) {
    it(`ends with status 1 after ${what} that nobody caught, and says so`, async () => {
      const child = start(work);
      const [status, words] = await Promise.all([ended(child), text(child.stderr!)]);
      expect(status).to.equal(1);
      expect(words).to.match(/"message":"exiting on an unhandled error".*"unforeseen"/);
    });
  }

  const logsOften =
    "for (let line = 0; line < 5; line += 1) { log.info('Going on'); await tick(); } process.stdout.write('alive\\n');";

  it('outlives the reader of its log', async () => {
    const child = start(logsOften);
    child.stderr!.destroy();
    const status = ended(child);
    const words = text(child.stdout!);
    child.stdout!.on('data', (data: Buffer) => {
      if (data.includes('alive')) {
        child.kill('SIGTERM');
      }
    });
    expect(await words).to.equal('ready\nalive\ndone\n');
    expect(await status).to.equal(0);
  });

  it('outlives a full disk under its log', async () => {
    const full = openSync('/dev/full', 'w');
    const child = start(logsOften, full);
    closeSync(full);
    const status = ended(child);
    child.stdout!.on('data', (data: Buffer) => {
      if (data.includes('alive')) {
        child.kill('SIGTERM');
      }
    });
    expect(await status).to.equal(0);
  });
});
