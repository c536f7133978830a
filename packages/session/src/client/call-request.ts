import type { Hole, RpcError } from '@patchbay/objects';

import { encodePayload, withoutAbsent } from '../protocol/encode-payload.js';
import type { Arguments } from '../protocol/frame.js';
import { callerError } from './caller-error.js';
import type { CallRequest } from './client-call.js';
import type { RequestOptions } from './request-options.js';
import { ExportedArguments } from './exported-arguments.js';

/** A command-line argument whose value is the content of a file or of standard input. */
export interface StreamArgument {
  /** The argument as it was typed: `-`, `@FILE` or `--NAME=@FILE`. */
  readonly typed: string;
  readonly content: AsyncIterable<Uint8Array | string | Hole>;
}

/** A call's request, and the error that it fails with before it is sent, if any. */
export interface PreparedRequest {
  readonly request: CallRequest;
  readonly error: RpcError | undefined;
}

const nothing: Arguments = { words: [], streams: [] };

/** Prepares a call with positional arguments. */
export function valuesRequest(
  object: string,
  method: string,
  args: readonly unknown[],
  options: RequestOptions,
  target?: CallRequest['target'],
): PreparedRequest {
  // Most calls pass strings and numbers only, which need no exporter.
  const exported = args.some(isObject) ? new ExportedArguments() : undefined;
  try {
    const given = args.includes(undefined)
      ? withoutAbsent(args).map((each) => (each === undefined ? null : each)) // null stands for an omitted one
      : args;
    const input = { values: encodePayload(given, 'arguments', exported) };
    const exports = exported?.empty === false ? exported : undefined;
    return { request: { object, method, input, options, exports, target }, error: undefined };
  } catch (error) {
    return { request: { object, method, input: nothing, options, target }, error: callerError(error) };
  }
}

export function argvRequest(
  object: string,
  method: string,
  argv: readonly (string | StreamArgument)[],
  options: RequestOptions,
): PreparedRequest {
  const exported = new ExportedArguments();
  const streams = argv.flatMap((each, index) =>
    typeof each === 'string' ? [] : [{ path: [String(index)], content: exported.addStream(each.content) }],
  );
  const words = argv.map((each) => (typeof each === 'string' ? each : each.typed));
  const exports = exported.empty ? undefined : exported;
  return { request: { object, method, input: { words, streams }, options, exports }, error: undefined };
}

/** Reports whether a call can be sent again: not with arguments that are read or called while it runs. */
export function isRepeatable({ target, exports }: CallRequest): boolean {
  return target === undefined && exports === undefined;
}

function isObject(value: unknown): boolean {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
