import { type Clock } from '@patchbay/objects';

/** Waits for work, but no longer than a time in milliseconds; says whether it was done. @throws what the work throws */
export async function within(ms: number, work: Promise<unknown>, clock: Clock): Promise<boolean> {
  const done = new AbortController();
  const timeUp = clock.sleep(ms, { signal: done.signal }).then(
    () => false,
    () => true, // woken because all is done
  );
  try {
    return await Promise.race([work.then(() => true), timeUp]);
  } finally {
    done.abort();
  }
}
