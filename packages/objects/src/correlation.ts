import { coreError } from './errors/core-errors.js';
import type { RpcError } from './errors/rpc-error.js';
import { quoted } from './names.js';

const correlationIdPattern = /^[\x21-\x7e]{1,128}$/;

/** Returns `ARGUMENT_INVALID` for an invalid correlation id, which goes into logs and gRPC metadata; else undefined. */
export function correlationIdError(id: string): RpcError | undefined {
  return correlationIdPattern.test(id)
    ? undefined
    : coreError(
        'ARGUMENT_INVALID',
        `correlation id ${quoted(id)}: must be 1 to 128 visible ASCII characters without spaces`,
      );
}
