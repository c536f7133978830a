import { coreError } from '@patchbay/objects';

import { type Frame } from '../protocol/frame.js';
import { ClientCall } from './client-call.js';
import { ObjectHandle } from './object-handle.js';

/**
 * Says a call in a frame.
 *
 * @param session what carries it; objects among its arguments must be of the same
 * @throws RpcError `REFERENCE_LOST`, `ARGUMENT_INVALID` for what cannot go one way
 */
export function invokeFrame(call: ClientCall, timeoutMs: number, session: object): Frame {
  const { object, method, input, target, exports, options } = call.request;
  const oneWay = options.oneWay === true;
  if (oneWay && exports !== undefined) {
    throw coreError('ARGUMENT_INVALID', `${call.title} cannot go one way with a stream, function or object`);
  }
  if (exports?.session !== undefined && exports.session !== session) {
    throw coreError(
      'REFERENCE_LOST',
      `an object among the arguments of ${call.title} is of another connection`,
    );
  }
  return {
    kind: 'invoke',
    call: call.number,
    object: target === undefined ? object : '',
    method,
    input,
    timeoutMs,
    oneWay,
    target: target instanceof ObjectHandle ? target.number : 0,
    ofCall: target instanceof ClientCall ? target.number : 0,
    callback: 0,
    correlationId: options.correlationId ?? '',
  };
}
