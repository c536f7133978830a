import { z } from 'zod';

import { isRpcError, type RpcError, toRpcError } from '@patchbay/objects';

import { jobsError } from '../errors.js';
import type { Assignment, AttemptOutcome } from '../worker-protocol.js';

/** The most that a result may have as JSON to be kept, in characters. */
export const maxResultLength = 256 * 1024;
const maxMessageLength = 4 * 1024;

/** Why an attempt was stopped that had not ended: its caller's wish, or the end of the agent. */
export type StopReason = 'cancelled' | 'interrupted' | 'forgotten';

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
export function failed(error: unknown, { caller, object, method, idempotent }: Assignment): AttemptOutcome {
  const rpcError = toRpcError(error);
  const { principal, onBehalfOf = principal } = rpcError.details;
  if (!idempotent && isRpcError(rpcError, 'CONNECTION_LOST', 'SERVER_STOPPED')) {
    return { state: 'interrupted', ...fieldsOf(rpcError) };
  }
  if (isRpcError(rpcError, 'CALLER_REFUSED', 'DELEGATION_REFUSED') && onBehalfOf === caller) {
    const why = `${caller} may not call ${object}.${method} on this host: ${rpcError.message}`;
    return {
      state: 'failed',
      ...fieldsOf(jobsError('CALLER_REVOKED', why, { details: { caller, refusal: rpcError.reason } })),
    };
  }
  return { state: 'failed', ...fieldsOf(rpcError) };
}

/** Returns the outcome of an attempt that was stopped, or whose agent was. @param why one clause */
export function stopped(reason: Exclude<StopReason, 'forgotten'>, why: string): AttemptOutcome {
  return reason === 'cancelled'
    ? { state: 'cancelled', message: why }
    : { state: 'interrupted', ...fieldsOf(jobsError('JOB_INTERRUPTED', why)) };
}

/** Returns an outcome without what may be too much of it. */
export function reduced({ result, details, message, ...rest }: AttemptOutcome): AttemptOutcome {
  const isLess = result !== undefined || details !== undefined;
  return {
    ...rest,
    message: isLess
      ? `${message ?? 'it ended'}; its result or details were refused, and are not kept`
      : message,
  };
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
