import { codeOfGrpcStatus, grpcStatusOfCode, noMetadata, RpcError } from '@patchbay/objects';

import { decodePayload, type ValueLimits } from './decode-payload.js';
import type { Frame } from './frame.js';

/**
 * Sends an error, cut short where it is too large.
 *
 * @param withStack whether to send its stack and those of its causes
 * @param notBegun whether the call may run elsewhere
 * @param metadata what travels back with it
 */
export function sendFailure(
  send: (frame: Frame) => void,
  call: number,
  error: RpcError,
  { withStack = false, notBegun = false, metadata = noMetadata } = {},
): void {
  const { reason, message } = error;
  const code = grpcStatusOfCode[error.code];
  const stack = withStack ? stackOf(error) : '';
  try {
    send({
      kind: 'failure',
      call,
      code,
      reason,
      message,
      details: detailsText(error),
      stack,
      notBegun,
      metadata,
    });
  } catch {
    // It is larger than the other side accepts.
    const short = `${message.slice(0, 1000)}… (too long to be sent whole)`;
    const rest = { details: '', stack: '', notBegun: false, metadata };
    send({ kind: 'failure', call, code, reason, message: short, ...rest });
  }
}

/** Makes the error of a failure. @throws RpcError when its details are malformed, or more than is accepted */
export function errorOf(frame: Frame & { kind: 'failure' }, callId: string, limits?: ValueLimits): RpcError {
  const details = decodePayload({ json: frame.details, attachments: [] }, undefined, limits);
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
