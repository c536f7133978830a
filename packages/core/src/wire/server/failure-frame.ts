import { grpcStatusOfCode } from '../../errors/code.js';
import { type RpcError } from '../../errors/rpc-error.js';
import { type Frame } from '../session/frame.js';

/** Says an error in a frame; with its stack and those of its causes only where `withStack`. */
export function failureFrame(call: number, error: RpcError, withStack: boolean): Frame {
  return {
    kind: 'failure',
    call,
    code: grpcStatusOfCode[error.code],
    reason: error.reason,
    message: error.message,
    details: detailsText(error),
    stack: withStack ? stackOf(error) : '',
  };
}

/** Says what fits into any frame of an error that was too large to send. */
export function shortFailureFrame(call: number, error: RpcError): Frame {
  const { code, reason } = error;
  const message = `${error.message.slice(0, 1000)}… (too long to be sent whole)`;
  return { kind: 'failure', call, code: grpcStatusOfCode[code], reason, message, details: '', stack: '' };
}

function detailsText({ details }: RpcError): string {
  if (Object.keys(details).length === 0) {
    return '';
  }
  try {
    return JSON.stringify(details);
  } catch {
    return ''; // a cycle or a bigint: the message and the reason still tell what happened
  }
}

function stackOf(error: unknown): string {
  const lines: string[] = [];
  for (let each = error; each instanceof Error && lines.length < 10; each = each.cause) {
    lines.push(each.stack ?? each.message);
  }
  return lines.join('\ncaused by: ');
}
