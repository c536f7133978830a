import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits until `probe` neither throws nor returns false, looking every 20 ms, and gives what it returned.
 * When `timeoutMs` has passed it throws the probe's last error. For conditions of other processes only;
 * inside one process, await the thing itself.
 */
export async function eventually<T>(probe: () => T | Promise<T>, timeoutMs = 10_000): Promise<T> {
  const giveUpAt = performance.now() + timeoutMs;
  for (;;) {
    let failure: unknown = new Error(`the condition did not come true within ${String(timeoutMs)} ms`);
    try {
      const result = await probe();
      if (result !== false) {
        return result;
      }
    } catch (error) {
      failure = error;
    }
    if (performance.now() >= giveUpAt) {
      throw failure;
    }
    await delay(20);
  }
}
