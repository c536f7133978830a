import { type Log } from '@patchbay/objects';

/**
 * Settles what an operation that failed left half way. What cannot be settled now, the reconciler will, for the record
 * still says so; the operation's own error is the one that its caller gets.
 */
export async function settleAfterFailure(
  log: Log,
  thing: string,
  settle: () => Promise<unknown>,
): Promise<void> {
  try {
    await settle();
  } catch (error) {
    log.warn('an operation that failed could not be settled now; the reconciler will', { thing, error });
  }
}
