import { rejects, strictEqual } from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

import { systemClock } from '@patchbay/objects';

const dayMs = 86_400_000;

describe('the system clock', () => {
  it('does not end a sleep of more days than a timer can hold', async () => {
    const controller = new AbortController();
    const sleep = systemClock.sleep(30 * dayMs, { signal: controller.signal });
    strictEqual(await Promise.race([sleep.then(() => 'over'), delay(20, 'asleep')]), 'asleep');
    controller.abort(new Error('stop'));
    await rejects(sleep, new Error('stop'));
  });

  it('rejects a sleep whose signal is already aborted', async () => {
    await rejects(systemClock.sleep(1, { signal: AbortSignal.abort(new Error('stop')) }), new Error('stop'));
  });

  it('ends a sleep after its time', async () => {
    const beganMs = systemClock.monotonicMs();
    await systemClock.sleep(5);
    strictEqual(systemClock.monotonicMs() - beganMs >= 4, true);
  });
});
