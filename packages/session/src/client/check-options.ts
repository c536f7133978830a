import { coreError, type RpcError, wrongCorrelationId } from '@patchbay/objects';

/** Returns what is wrong with a time limit, `ARGUMENT_INVALID`; undefined for a valid one. */
export function wrongTimeout(timeoutMs: number | 'none'): RpcError | undefined {
  return timeoutMs === 'none' || timeoutMs > 0
    ? undefined
    : coreError('ARGUMENT_INVALID', `timeoutMs must be above 0, or 'none', not ${String(timeoutMs)}`);
}

/** Returns what is wrong with the options of a call, `ARGUMENT_INVALID`; undefined for valid ones. */
export function wrongOption(
  timeoutMs: number | 'none',
  correlationId: string | undefined,
): RpcError | undefined {
  const wrong = wrongTimeout(timeoutMs);
  return wrong ?? (correlationId === undefined ? undefined : wrongCorrelationId(correlationId));
}
