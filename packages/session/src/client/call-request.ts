import { type AnyCallOptions, type RpcError, toRpcError } from '@patchbay/objects';

import { type Arguments } from '../protocol/frame.js';
import { encodePayload } from '../protocol/payload.js';
import { ArgumentExports } from './argument-exports.js';
import { type CallRequest } from './client-call.js';

/** A word of a command line that is the content of a file or of standard input. */
export interface StreamedWord {
  /** The word as it was typed: `-`, `@FILE` or `--NAME=@FILE`. */
  readonly word: string;
  readonly content: AsyncIterable<Uint8Array | string>;
}

/** A call's request, with what is wrong with it, if anything: then it fails before it is sent. */
export interface PreparedRequest {
  readonly request: CallRequest;
  readonly wrong: RpcError | undefined;
}

const nothing: Arguments = { words: [], streams: [] };

/** Makes the request of a call with positional arguments. */
export function requestOf(
  object: string,
  method: string,
  args: readonly unknown[],
  options: AnyCallOptions,
  target?: CallRequest['target'],
): PreparedRequest {
  // Most calls pass texts and numbers only, and need nobody to look after what they export.
  const exports = args.some(isObject) ? new ArgumentExports() : undefined;
  try {
    const input = { values: encodePayload(args, exports) };
    const kept = exports?.empty === false ? exports : undefined;
    return { request: { object, method, input, options, exports: kept, target }, wrong: undefined };
  } catch (error) {
    return { request: { object, method, input: nothing, options, target }, wrong: toRpcError(error) };
  }
}

/** Makes the request of a call with the words of a command line. */
export function wordsRequestOf(
  object: string,
  method: string,
  words: readonly (string | StreamedWord)[],
  options: AnyCallOptions,
): PreparedRequest {
  const exports = new ArgumentExports();
  const streams = words.flatMap((each, index) =>
    typeof each === 'string' ? [] : [{ path: [String(index)], content: exports.addStream(each.content) }],
  );
  const input = { words: words.map((each) => (typeof each === 'string' ? each : each.word)), streams };
  const kept = exports.empty ? undefined : exports;
  return { request: { object, method, input, options, exports: kept }, wrong: undefined };
}

/** Says whether a call can be sent once more: not with what is read or called while it runs. */
export function isRepeatable({ target, exports }: CallRequest): boolean {
  return target === undefined && exports === undefined;
}

function isObject(value: unknown): boolean {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
