import { types } from 'node:util';

import { codeOfGrpcStatus, type Details, grpcStatusOfCode, noMetadata, RpcError } from '@patchbay/objects';

import { decodePayload, type ValueLimits } from './decode-payload.js';
import type { Frame } from './frame.js';
import { copyJson } from './json-copy.js';

interface CarriedParts {
  readonly message: string;
  readonly details: Details;
}

/** Reports whether a server that does not know the caller may do so in a moment, as when it was enrolled just now. */
export function isUnknownYet({ reason, details }: RpcError): boolean {
  return reason === 'CALLER_UNKNOWN' && details.isTemporary === true;
}

/** Reports whether a call that was refused for its caller may come again on another connection, of which that is asked. */
export function mayComeAgain(error: RpcError): boolean {
  return error.reason === 'CERTIFICATE_EXPIRED' || isUnknownYet(error);
}

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
  const { reason } = error;
  const { message, details } = carriedParts(error);
  const detailsText = Object.keys(details).length === 0 ? '' : JSON.stringify(details);
  const code = grpcStatusOfCode[error.code];
  const stack = withStack ? stackOf(error) : '';
  try {
    send({
      kind: 'failure',
      call,
      code,
      reason,
      message,
      details: detailsText,
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

/**
 * Returns an error's message and details as they can be carried: without details that cannot, which the message lists.
 *
 * @param wellFormed whether they must be well-formed Unicode
 */
export function carriedParts({ message, details }: RpcError, wellFormed = false): CarriedParts {
  const copy = (value: Details): Details =>
    copyJson(value, 'details', { replace: refuseBytes, wellFormed, reason: 'RESULT_INVALID' }) as Details;
  try {
    return { message, details: copy(details) };
  } catch (whole) {
    const carried: [string, unknown][] = [];
    const refused: unknown[] = [];
    for (const key of Object.keys(details)) {
      try {
        carried.push(
          ...Object.entries(
            copy({
              get [key]() {
                return details[key];
              },
            }),
          ),
        );
      } catch (error) {
        refused.push(error);
      }
    }
    const reasons = (refused.length === 0 ? [whole] : refused).map((error) => (error as RpcError).message);
    return { message: [message, ...reasons].join('; '), details: Object.fromEntries(carried) };
  }
}

function refuseBytes(part: string | object, _path: unknown, refuse: (why: string) => never): undefined {
  return types.isUint8Array(part) ? refuse('is bytes, which the details of an error cannot be') : undefined;
}

function stackOf(error: unknown): string {
  const lines: string[] = [];
  for (let each = error; each instanceof Error && lines.length < 10; each = each.cause) {
    lines.push(each.stack ?? each.message);
  }
  return lines.join('\ncaused by: ');
}
