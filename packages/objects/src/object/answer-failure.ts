import { coreError } from '../errors/core-errors.js';
import { RpcError } from '../errors/rpc-error.js';
import { type RunningCall } from './running-call.js';

/** Answers a call with what its caller may know of an error, and logs what only the operator shall. */
export function answerFailure(call: RunningCall, error: unknown): void {
  if (error instanceof RpcError) {
    if (error.code === 'INTERNAL' || error.cause !== undefined) {
      call.log.warn('a call failed', { error });
    }
    call.fail(error);
    return;
  }
  if (call.ended) {
    call.log.debug('a cancelled call ended with an error', { error });
    return;
  }
  call.log.error('a call failed unexpectedly', { error });
  call.fail(
    coreError(
      'UNEXPECTED',
      `${call.object}.${call.method} failed unexpectedly; the server's log tells more under call ${call.callId}`,
      { cause: error },
    ),
  );
}
