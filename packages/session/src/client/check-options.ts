import {
  type CallOptions,
  coreError,
  correlationIdError,
  metadataError,
  onBehalfOfError,
  type RpcError,
  type TimeLimit,
} from '@patchbay/objects';

/** Returns the error for an invalid time limit, `ARGUMENT_INVALID`; undefined for a valid one. */
export function timeoutError(timeoutMs: TimeLimit | undefined): RpcError | undefined {
  return timeoutMs === undefined || timeoutMs === 'none' || timeoutMs > 0
    ? undefined
    : coreError('ARGUMENT_INVALID', `timeoutMs must be above 0, or 'none', not ${String(timeoutMs)}`);
}

/** Returns the error for invalid options of a call, `ARGUMENT_INVALID`, `METADATA_INVALID` or `LOGIN_REQUIRED`; undefined for valid ones. */
export function optionError(timeoutMs: TimeLimit | undefined, options: CallOptions): RpcError | undefined {
  const { correlationId, metadata } = options;
  return (
    timeoutError(timeoutMs) ??
    (correlationId === undefined ? undefined : correlationIdError(correlationId)) ??
    (metadata === undefined ? undefined : metadataError(metadata)) ??
    // Also where it is undefined: who meant to name somebody must not call with rights of its own.
    ('onBehalfOf' in options ? onBehalfOfError(options.onBehalfOf) : undefined)
  );
}
