import { type RpcError, correlationIdError } from '@patchbay/objects';

import { wrongTimeout } from './time-limit.js';

/** Says what is wrong with what a caller asks of a call: `ARGUMENT_INVALID`, or undefined for nothing. */
export function wrongOption(
  timeoutMs: number | 'none',
  correlationId: string | undefined,
): RpcError | undefined {
  const wrong = wrongTimeout(timeoutMs);
  return wrong ?? (correlationId === undefined ? undefined : correlationIdError(correlationId));
}
