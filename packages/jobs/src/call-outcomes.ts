import { z } from 'zod';

import { isRpcError, type RpcError, toRpcError } from '@patchbay/objects';

import { jobsError } from './errors.js';
import type { JobRecord } from './records/tables.js';
import type { AttemptOutcome } from './worker-protocol.js';

/** The most that a result may have as JSON to be kept, in characters. */
const maxResultLength = 256 * 1024;
const maxMessageLength = 4 * 1024;

/** Returns the outcome of a call that returned. */
export function succeeded(result: unknown): AttemptOutcome {
  const kept = z.json().safeParse(result ?? null);
  if (!kept.success) {
    return { state: 'succeeded', message: 'the result is no JSON, and was not kept' };
  }
  const { length } = JSON.stringify(kept.data);
  return length > maxResultLength
    ? {
        state: 'succeeded',
        message: `the result has ${String(length)} characters, more than the ${String(maxResultLength)} that are kept`,
      }
    : { state: 'succeeded', result: kept.data };
}

/**
 * Returns the outcome of a call that failed. Where it may have taken effect, and its method is not idempotent, nobody
 * knows: it is interrupted.
 */
export function failed(
  error: unknown,
  { caller, object, method, idempotent }: Pick<JobRecord, 'caller' | 'object' | 'method' | 'idempotent'>,
): AttemptOutcome {
  const rpcError = toRpcError(error);
  if (!idempotent && isRpcError(rpcError, 'CONNECTION_LOST', 'SERVER_STOPPED')) {
    return { state: 'interrupted', ...fieldsOf(rpcError) };
  }
  const { principal, onBehalfOf = principal } = rpcError.details;
  if (isRpcError(rpcError, 'CALLER_REFUSED', 'DELEGATION_REFUSED') && onBehalfOf === caller) {
    const why = `${caller} may not call ${object}.${method} any more: ${rpcError.message}`;
    return {
      state: 'failed',
      ...fieldsOf(jobsError('CALLER_REVOKED', why, { details: { caller, refusal: rpcError.reason } })),
    };
  }
  return { state: 'failed', ...fieldsOf(rpcError) };
}

/** Returns the outcome of a call that its worker stopped before it had ended. */
export function stopped(state: 'cancelled' | 'interrupted', why: string): AttemptOutcome {
  return state === 'cancelled'
    ? { state, message: why }
    : { state, ...fieldsOf(jobsError('JOB_INTERRUPTED', why)) };
}

function fieldsOf({ code, reason, message, details }: RpcError): Partial<AttemptOutcome> {
  const kept = z.record(z.string(), z.json()).safeParse(details);
  const isKept = kept.success && JSON.stringify(kept.data).length <= maxResultLength;
  return {
    code,
    reason,
    message: message.slice(0, maxMessageLength),
    ...(isKept && Object.keys(kept.data).length > 0 ? { details: kept.data } : {}),
  };
}
