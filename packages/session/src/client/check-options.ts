import {
  type CallOptions,
  coreError,
  correlationIdError,
  metadataError,
  type RpcError,
  type TimeLimit,
} from '@patchbay/objects';

/** Returns the error for an invalid time limit, `ARGUMENT_INVALID`; undefined for a valid one. */
export function timeoutError(timeoutMs: TimeLimit | undefined): RpcError | undefined {
  return timeoutMs === undefined || timeoutMs === 'none' || timeoutMs > 0
    ? undefined
    : coreError('ARGUMENT_INVALID', `timeoutMs must be above 0, or 'none', not ${String(timeoutMs)}`);
}

/** Returns the error for invalid options of a call, `ARGUMENT_INVALID` or `METADATA_INVALID`; undefined for valid ones. */
export function optionError(
  timeoutMs: TimeLimit | undefined,
  { correlationId, metadata }: CallOptions,
): RpcError | undefined {
  return (
    timeoutError(timeoutMs) ??
    (correlationId === undefined ? undefined : correlationIdError(correlationId)) ??
    (metadata === undefined ? undefined : metadataError(metadata))
  );
}
