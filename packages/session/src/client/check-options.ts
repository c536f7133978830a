import { coreError, correlationIdError, type RpcError } from '@patchbay/objects';

/** Returns the error for an invalid time limit, `ARGUMENT_INVALID`; undefined for a valid one. */
export function timeoutError(timeoutMs: number | 'none'): RpcError | undefined {
  return timeoutMs === 'none' || timeoutMs > 0
    ? undefined
    : coreError('ARGUMENT_INVALID', `timeoutMs must be above 0, or 'none', not ${String(timeoutMs)}`);
}

/** Returns the error for invalid options of a call, `ARGUMENT_INVALID`; undefined for valid ones. */
export function optionError(
  timeoutMs: number | 'none',
  correlationId: string | undefined,
): RpcError | undefined {
  const error = timeoutError(timeoutMs);
  return error ?? (correlationId === undefined ? undefined : correlationIdError(correlationId));
}
