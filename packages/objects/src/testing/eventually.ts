import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits until `probe` neither throws nor returns false, polling every 20 ms, and returns its result. After `timeoutMs`
 * it throws the probe's last error. Only for conditions of other processes; inside one process, await the event itself.
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
