import { acceptsHoles, type Call, coreError, isRpcError, quoted } from '@patchbay/objects';
import { formatted } from '@patchbay/terminal';

import type { CommandContext, Output } from '../command/context.js';
import type { ItemOutput } from '../command/item-output.js';
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
  const { object, method, timeoutMs, outputFile } = request;
  const metadata = outputFile === undefined ? request.metadata : { ...request.metadata, ...acceptsHoles };
  const { client, signal } = context;
  const args = request.args.some(mayStream)
    ? (await import('../command/streamed-args.js')).openStreams(request.args, context.standardInput, {
        method,
        describe: () => client.describe(object),
      })
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
  settings: CommandCall,
  context: CommandContext,
  out: Output,
): Promise<void> {
  const { method, format, outputFile } = settings;
  const { errors } = context;
  if (format === 'json' && outputFile === undefined) {
    out.write(await formatted(await call, format, context.toYaml));
    return;
  }
  let items: ItemOutput | undefined;
  try {
    for await (const item of call) {
      items ??= new (await import('../command/item-output.js')).ItemOutput(settings, context, out);
      await items.write(item);
    }
    await items?.finish();
  } finally {
    await items?.close();
  }
  const text = await formatted(await call, format, context.toYaml);
  const hasBytes = items?.hasBytes === true;
  if (!hasBytes || outputFile !== undefined) {
    out.write(text);
  } else if (errors.isTerminal) {
    errors.write(text); // standard output carries the bytes, and nothing else
  }
  if (!hasBytes && outputFile !== undefined) {
    throw coreError('ARGUMENT_INVALID', `${method} returned no bytes to write to ${quoted(outputFile)}`);
  }
}

/** Reports whether an argument may be a stream: `-`, `@FILE`, or an option with such a value. */
function mayStream(arg: string): boolean {
  return /^(?:--[^=]+=)?(?:-$|@)/.test(arg);
}
