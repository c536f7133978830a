import { type Call, coreError, isRpcError, quoted } from '@patchbay/objects';
import { formatted } from '@patchbay/terminal';

import type { ByteOutput } from '../command/byte-output.js';
import type { CommandContext, Output } from '../command/context.js';
import type { ProgressView } from '../command/progress.js';
import type { Settings } from '../command/settings.js';

/** A call as a command line asks for it. */
export interface CommandCall extends Pick<
  Settings,
  'timeoutMs' | 'metadata' | 'asksFirst' | 'format' | 'outputFile'
> {
  readonly object: string;
  readonly method: string;
  readonly args: readonly string[];
}

/** Makes a call and prints its result. @throws RpcError of the call */
export async function callMethod(request: CommandCall, context: CommandContext, out: Output): Promise<void> {
  const asks = request.asksFirst && context.hasPerson();
  let metadata = asks ? { ...request.metadata, confirm: 'ask' } : request.metadata;
  for (let { args } = request; ;) {
    try {
      await callOnce({ ...request, args, metadata }, context, out);
      return;
    } catch (error) {
      if (isRpcError(error, 'CONFIRMATION_REQUIRED') && metadata !== request.metadata) {
        await (await import('./ask-first.js')).askFirst(request, context);
        ({ metadata } = request);
        continue;
      }
      if (!isRpcError(error, 'FILE_EXPECTED')) {
        throw error;
      }
      // The method has not run: only the server knows from the schema that a path means the file's content.
      const { withFileContent } = await import('../command/streamed-args.js');
      const corrected = withFileContent(args, error);
      if (corrected === undefined) {
        throw error;
      }
      args = corrected;
    }
  }
}

async function callOnce(request: CommandCall, context: CommandContext, out: Output): Promise<void> {
  const { object, method, timeoutMs, metadata } = request;
  const { client, signal } = context;
  const args = request.args.some(mayStream)
    ? (await import('../command/streamed-args.js')).openStreams(request.args, context.standardInput)
    : request.args;
  const call = client.callWithArgv(object, method, args, { timeoutMs, metadata, signal });
  try {
    await printOutcome(call, request, context, out);
  } finally {
    const { deprecated } = call.responseMetadata;
    if (deprecated !== undefined) {
      const { escapeControls } = await import('@patchbay/terminal');
      context.errors.write(
        escapeControls(`warning: ${object}.${method} is deprecated: ${deprecated}`) + '\n',
      );
    }
  }
}

async function printOutcome(
  call: Call<unknown, unknown>,
  { method, format, outputFile }: CommandCall,
  context: CommandContext,
  out: Output,
): Promise<void> {
  const { errors } = context;
  if (format === 'json' && outputFile === undefined) {
    out.write(await formatted(await call, format, context.toYaml));
    return;
  }
  const takesBytes = format === 'table' || outputFile !== undefined;
  let bytes: ByteOutput | undefined;
  let view: ProgressView | undefined;
  try {
    for await (const item of call) {
      if (takesBytes && item instanceof Uint8Array) {
        bytes ??= (await import('../command/byte-output.js')).openByteOutput(outputFile, context, out);
        await bytes.write(item);
      } else {
        view ??= (await import('../command/progress.js')).openItemView(format, context, out);
        view.show(item);
        await out.ready(); // a slow reader slows the method down
      }
    }
    await bytes?.finish();
  } finally {
    view?.end();
    await bytes?.discard();
  }
  const text = await formatted(await call, format, context.toYaml);
  if (bytes === undefined || outputFile !== undefined) {
    out.write(text);
  } else if (errors.isTerminal) {
    errors.write(text); // standard output carries the bytes, and nothing else
  }
  if (bytes === undefined && outputFile !== undefined) {
    throw coreError('ARGUMENT_INVALID', `${method} returned no bytes to write to ${quoted(outputFile)}`);
  }
}

/** Reports whether an argument may be a stream: `-`, `@FILE`, or an option with such a value. */
function mayStream(arg: string): boolean {
  return /^(?:--[^=]+=)?(?:-$|@)/.test(arg);
}
