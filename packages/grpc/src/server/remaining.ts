import { type Deadline } from '@grpc/grpc-js';

/** Gives what is left of a gRPC deadline in milliseconds, at least 1; undefined where there is none. */
export function remainingMs(deadline: Deadline): number | undefined {
  const atMs = typeof deadline === 'number' ? deadline : deadline.getTime();
  return Number.isFinite(atMs) ? Math.max(1, Math.ceil(atMs - Date.now())) : undefined;
}
