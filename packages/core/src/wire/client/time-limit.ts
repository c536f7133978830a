import { coreError } from '../../errors/core-errors.js';

/** Checks the time limit that a caller asks for. @throws RpcError `ARGUMENT_INVALID` */
export function checkTimeout(timeoutMs: number | 'none'): void {
  if (timeoutMs !== 'none' && !(timeoutMs > 0)) {
    throw coreError('ARGUMENT_INVALID', `timeoutMs must be above 0, or 'none', not ${String(timeoutMs)}`);
  }
}

/** Gives what a call has left as the wire says it: whole milliseconds, at least one, at most what 32 bits hold. */
export function leftMs(ms: number): number {
  return Math.min(Math.max(1, Math.ceil(ms)), 0xffff_ffff);
}
