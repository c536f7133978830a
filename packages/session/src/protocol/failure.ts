import { codeOfGrpcStatus, grpcStatusOfCode, RpcError } from '@patchbay/objects';

import { decodePayload } from './decode-payload.js';
import type { Frame } from './frame.js';

/**
 * Returns the frame for an error, with its stack and those of its causes only where `withStack`.
 *
 * @param notBegun whether the call may run elsewhere
 */
export function failureFrame(call: number, error: RpcError, withStack: boolean, notBegun = false): Frame {
  return {
    kind: 'failure',
    call,
    code: grpcStatusOfCode[error.code],
    reason: error.reason,
    message: error.message,
    details: detailsText(error),
    stack: withStack ? stackOf(error) : '',
    notBegun,
  };
}

/** Returns a frame for an error that was too large to send, cut short. */
export function shortFailureFrame(call: number, error: RpcError): Frame {
  const { code, reason } = error;
  const message = `${error.message.slice(0, 1000)}… (too long to be sent whole)`;
  return {
    kind: 'failure',
    call,
    code: grpcStatusOfCode[code],
    reason,
    message,
    details: '',
    stack: '',
    notBegun: false,
  };
}

/** Sends an error, cut short where it is too large. */
export function sendFailure(
  send: (frame: Frame) => void,
  call: number,
  error: RpcError,
  { withStack = false, notBegun = false } = {},
): void {
  try {
    send(failureFrame(call, error, withStack, notBegun));
  } catch {
    send(shortFailureFrame(call, error)); // it is larger than the other side accepts
  }
}

/** Returns the error in a frame. */
export function errorOf(frame: Frame & { kind: 'failure' }, callId: string): RpcError {
  const details = decodePayload({ json: frame.details, attachments: [] });
  return new RpcError(codeOfGrpcStatus(frame.code), frame.reason, frame.message, {
    details: typeof details === 'object' && details !== null ? { ...details } : {},
    callId,
    ...(frame.stack === '' ? {} : { remoteStack: frame.stack }),
  });
}

function detailsText({ details }: RpcError): string {
  if (Object.keys(details).length === 0) {
    return '';
  }
  try {
    return JSON.stringify(details);
  } catch {
    return ''; // a cycle or a bigint: the message and the reason still say what happened
  }
}

function stackOf(error: unknown): string {
  const lines: string[] = [];
  for (let each = error; each instanceof Error && lines.length < 10; each = each.cause) {
    lines.push(each.stack ?? each.message);
  }
  return lines.join('\ncaused by: ');
}
