import { coreError, isRpcError, type RpcError } from '@patchbay/objects';

/**
 * Makes the error of a call that its caller gives up, with the reason of the abort as its cause. A signal that passed a
 * time limit, such as `AbortSignal.timeout`, makes it `DEADLINE_PASSED`.
 *
 * @param what names the call
 * @param callId undefined for one that did not begin
 */
export function cancellation(what: string, reason: unknown, callId?: string): RpcError {
  const options = { callId, cause: reason };
  const when = callId === undefined ? ' before it began' : '';
  return isTimeout(reason)
    ? coreError('DEADLINE_PASSED', `the time limit of the signal of ${what} passed${when}`, options)
    : coreError('CALL_CANCELLED', `${what} was cancelled by its caller${when}`, options);
}

function isTimeout(reason: unknown): boolean {
  return (
    (reason instanceof Error && reason.name === 'TimeoutError') ||
    (isRpcError(reason) && reason.code === 'DEADLINE_EXCEEDED')
  );
}

/** Returns the error of a call that could not be sent before its time limit passed. @param waitsFor one clause */
export function notSentInTime(title: string, waitsFor: string, callId: string): RpcError {
  const message = `${title} could not be sent in time: ${waitsFor}`;
  return coreError('DEADLINE_PASSED', message, { callId, details: { sent: false } });
}
