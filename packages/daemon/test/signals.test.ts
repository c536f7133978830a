import { expect } from 'chai';
import { EventEmitter } from 'node:events';

import { coreError } from '@patchbay/objects';
import { RecordingLog } from '@patchbay/objects/testing';

import { type ProcessEvents, runDaemon } from '../src/signals.js';

/** A process that records its exit status instead of exiting. */
class FakeProcess extends EventEmitter implements ProcessEvents {
  readonly statuses: number[] = [];

  exit(status: number): void {
    this.statuses.push(status);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
}

describe('A daemon', () => {
  let fake: FakeProcess;
  let log: RecordingLog;

  beforeEach(() => {
    fake = new FakeProcess();
    log = new RecordingLog();
  });

  for (const name of ['SIGTERM', 'SIGINT']) {
    it(`ends in order on ${name}`, async () => {
      const running = runDaemon(aborted, { log, process: fake });
      fake.emit(name, name);
      await running;
      expect(fake.statuses).to.deep.equal([]);
    });
  }

  it('ends at once on a second signal', async () => {
    let finish = (): void => undefined;
    const running = runDaemon(() => new Promise((resolve) => (finish = resolve)), { log, process: fake });
    fake.emit('SIGTERM', 'SIGTERM');
    fake.emit('SIGINT', 'SIGINT');
    expect(fake.statuses).to.deep.equal([1]);
    finish();
    await running;
  });

  it('leaves no listener behind', async () => {
    await runDaemon(() => Promise.resolve(), { log, process: fake });
    expect(fake.eventNames()).to.deep.equal([]);
  });

  it('hands on why it could not go on', async () => {
    const failure = new Error('the port is taken');
    const caught = await runDaemon(() => Promise.reject(failure), { log, process: fake }).catch(
      (error: unknown) => error,
    );
    expect(caught).to.equal(failure);
  });

  for (const event of ['uncaughtException', 'unhandledRejection']) {
    it(`logs an ${event} and ends`, async () => {
      const error = new Error('unforeseen');
      await runDaemon(
        () => {
          fake.emit(event, error);
          return Promise.resolve();
        },
        { log, process: fake },
      );
      expect(fake.statuses).to.deep.equal([1]);
      expect(log.lines).to.deep.include({
        level: 'error',
        message: 'exiting on an unhandled error',
        fields: { error },
      });
    });
  }

  it('logs the failure of a call that nobody handled, and keeps running', async () => {
    const error = coreError('CALLBACK_FAILED', 'the caller has left');
    await runDaemon(
      () => {
        fake.emit('unhandledRejection', error);
        return Promise.resolve();
      },
      { log, process: fake },
    );
    expect(fake.statuses).to.deep.equal([]);
    expect(log.lines).to.deep.include({
      level: 'error',
      message: 'nobody handled the failure of a call',
      fields: { error },
    });
  });

  it('reloads on SIGHUP, and keeps running if that fails', async () => {
    let reloads = 0;
    const reload = (): Promise<void> => {
      reloads += 1;
      return Promise.reject(new Error('broken file'));
    };
    await runDaemon(
      async (_signal, daemon) => {
        daemon.ready({ reload });
        fake.emit('SIGHUP', 'SIGHUP');
        await new Promise(setImmediate);
      },
      { log, process: fake },
    );
    expect(reloads).to.equal(1);
    expect(log.lines.map(({ message }) => message)).to.include(
      'reload failed; the previous configuration stays in effect',
    );
  });

  it('reloads once it is ready when it is told to before, and one reload at a time', async () => {
    const steps: string[] = [];
    await runDaemon(
      async (_signal, daemon) => {
        fake.emit('SIGHUP', 'SIGHUP');
        steps.push('ready');
        let finish = (): void => undefined;
        daemon.ready({
          reload: () => {
            steps.push('reload');
            return new Promise((resolve) => (finish = resolve));
          },
        });
        fake.emit('SIGHUP', 'SIGHUP');
        fake.emit('SIGHUP', 'SIGHUP');
        steps.push('finish');
        finish();
        await new Promise(setImmediate);
        finish();
        await new Promise(setImmediate);
      },
      { log, process: fake },
    );
    expect(steps).to.deep.equal(['ready', 'reload', 'finish', 'reload']);
  });

  it('ignores SIGHUP if there is nothing to reload', async () => {
    await runDaemon(
      (_signal, daemon) => {
        daemon.ready({});
        fake.emit('SIGHUP', 'SIGHUP');
        return Promise.resolve();
      },
      { log, process: fake },
    );
    expect(log.lines.map(({ message }) => message)).to.include('ignoring SIGHUP: nothing to reload');
    expect(fake.statuses).to.deep.equal([]);
  });
});
