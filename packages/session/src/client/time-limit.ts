import { coreError, type RpcError } from '@patchbay/objects';

/** Says what is wrong with the time limit that a caller asks for: `ARGUMENT_INVALID`, or undefined for nothing. */
export function wrongTimeout(timeoutMs: number | 'none'): RpcError | undefined {
  if (timeoutMs !== 'none' && !(timeoutMs > 0)) {
    return coreError('ARGUMENT_INVALID', `timeoutMs must be above 0, or 'none', not ${String(timeoutMs)}`);
  }
  return undefined;
}

/** Gives what a call has left as the wire says it: whole milliseconds, at least one, at most what 32 bits hold. */
export function leftMs(ms: number): number {
  return Math.min(Math.max(1, Math.ceil(ms)), 0xffff_ffff);
}
