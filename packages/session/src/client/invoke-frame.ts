import { coreError } from '@patchbay/objects';

import type { Frame } from '../protocol/frame.js';
import { ClientCall } from './client-call.js';
import { ObjectHandle } from './object-handle.js';

/**
 * Returns the frame that starts a call.
 *
 * @param session what carries it; objects among its arguments must belong to it
 * @throws RpcError `REFERENCE_LOST`, `ARGUMENT_INVALID` for arguments that a one-way call cannot have
 */
export function invokeFrame(call: ClientCall, session: object): Frame {
  const { object, method, input, target, exports, options } = call.request;
  const oneWay = options.oneWay === true;
  if (oneWay && exports !== undefined) {
    const message = `${call.title} cannot be a one-way call with a stream, function or object among its arguments`;
    throw coreError('ARGUMENT_INVALID', message);
  }
  if (exports?.session !== undefined && exports.session !== session) {
    const message = `an object among the arguments of ${call.title} belongs to another connection`;
    throw coreError('REFERENCE_LOST', message);
  }
  const leftMs = call.host.leftMs(call);
  return {
    kind: 'invoke',
    call: call.number,
    object: target === undefined ? object : '',
    method,
    input,
    timeoutMs: leftMs === Infinity ? 0 : toTimeoutMs(leftMs),
    methodTimeout: call.timeoutMs === undefined,
    oneWay,
    target: target instanceof ObjectHandle ? target.number : 0,
    ofCall: target instanceof ClientCall ? target.number : 0,
    callback: 0,
    correlationId: options.correlationId ?? '',
    metadata: call.metadata,
    isRead: options.isRead === true,
    onBehalfOf: options.onBehalfOf ?? '',
  };
}

/** Rounds a time limit to what the frame can hold: whole milliseconds in 32 bits, where 0 means no limit. */
function toTimeoutMs(leftMs: number): number {
  return Math.min(Math.max(1, Math.ceil(leftMs)), 0xffff_ffff);
}
