import { coreError, correlationIdError, type RpcError } from '@patchbay/objects';

/** Returns what is wrong with a time limit, `ARGUMENT_INVALID`; undefined for a valid one. */
export function timeoutError(timeoutMs: number | 'none'): RpcError | undefined {
  return timeoutMs === 'none' || timeoutMs > 0
    ? undefined
    : coreError('ARGUMENT_INVALID', `timeoutMs must be above 0, or 'none', not ${String(timeoutMs)}`);
}

/** Returns what is wrong with the options of a call, `ARGUMENT_INVALID`; undefined for valid ones. */
export function optionError(
  timeoutMs: number | 'none',
  correlationId: string | undefined,
): RpcError | undefined {
  const error = timeoutError(timeoutMs);
  return error ?? (correlationId === undefined ? undefined : correlationIdError(correlationId));
}
