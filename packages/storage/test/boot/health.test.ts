import { expect } from 'chai';

import { coreError } from '@patchbay/objects';
import { FakeClock, RecordingLog } from '@patchbay/objects/testing';

import { type Checks, Health } from '../../src/boot/health.js';

const fine = (): Promise<void> => Promise.resolve();

function scene(checks: Checks): { clock: FakeClock; log: RecordingLog; health: Health } {
  const clock = new FakeClock();
  const log = new RecordingLog();
  return { clock, log, health: new Health(checks, { clock, log }) };
}

describe('Health', () => {
  it('is serving while every part works', async () => {
    const { health } = scene({ pool: fine, targets: fine });
    expect(await health.report()).to.deep.equal({
      status: 'serving',
      checks: { pool: 'ok', targets: 'ok' },
    });
  });

  it('reports the problem of each part, and unexpected errors only in the log', async () => {
    const { health, log } = scene({
      pool: () => Promise.reject(coreError('SERVER_DRAINING', 'the pool is going')),
      targets: () => Promise.reject(new Error('/secret/path')),
      other: fine,
    });

    expect(await health.report()).to.deep.equal({
      status: 'not-serving',
      checks: {
        pool: 'SERVER_DRAINING: the pool is going',
        targets: 'failed unexpectedly; see the log',
        other: 'ok',
      },
    });
    expect(log.lines.map(({ level }) => level)).to.deep.equal(['warn', 'warn']);
  });

  it('does not wait for a part that does not respond', async () => {
    const { health, clock } = scene({ pool: () => new Promise(() => undefined) });

    const report = health.report();
    await clock.advance(3000);

    expect((await report).checks.pool).to.include('did not respond');
  });

  it('checks once for all requests within a second, and again after it', async () => {
    let checks = 0;
    const { health, clock } = scene({ pool: () => Promise.resolve((checks += 1)) });

    await Promise.all([health.report(), health.report()]);
    await health.report();
    expect(checks).to.equal(1);
    await clock.advance(1000);
    await health.report();
    expect(checks).to.equal(2);
  });

  it('logs a lasting failure once, and again when it recurs', async () => {
    let error: Error | undefined = new Error('gone');
    const { health, clock, log } = scene({
      pool: () => (error === undefined ? fine() : Promise.reject(error)),
    });

    for (const next of [error, undefined, error, error]) {
      await health.report();
      error = next;
      await clock.advance(1000);
    }
    await health.report();

    expect(log.lines).to.have.length(2);
  });
});
