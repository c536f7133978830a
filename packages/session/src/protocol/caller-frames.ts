import { handled, type RpcError, withAwaitingFrames } from '@patchbay/objects';

/**
 * Rejects with an error whose stack ends with the frames of those that await the promise: errors are made where
 * messages arrive, far from any caller. Whether anybody does await it is theirs to decide: the promise is handled.
 *
 * @param resolved the caller's promise that is resolved with the returned one; undefined for that one itself
 */
export function rejectionFor(error: RpcError, resolved?: Promise<unknown>): Promise<never> {
  const rejection = rejectLater(error, () => resolved ?? rejection);
  return rejection;
}

async function rejectLater(error: RpcError, awaited: () => Promise<unknown>): Promise<never> {
  // Two turns of the microtask queue: by then the promise that was resolved with this one waits for it.
  await Promise.resolve();
  await Promise.resolve();
  const framed = withAwaitingFrames(error);
  void handled(awaited()); // not before, as V8 knows the awaiter of a promise only while it is alone
  throw framed;
}
