import { type RpcError, withAwaitingFrames } from '@patchbay/objects';

/**
 * Rejects with an error whose stack ends with the frames of those that await the promise: errors are made where
 * messages arrive, far from any caller. Resolve the caller's promise with what this returns.
 */
export async function withCallerFrames(error: RpcError): Promise<never> {
  // Two turns of the microtask queue: by then the promise that was resolved with this one waits for it.
  await Promise.resolve();
  await Promise.resolve();
  throw withAwaitingFrames(error);
}
