import { acceptsHoles, type Call, coreError, quoted } from '@patchbay/objects';
import { formatted } from '@patchbay/terminal';

import type { CommandContext, Output } from '../command/context.js';
import type { ItemOutput } from '../command/item-output.js';
import type { CommandCall } from './command-call.js';

/** Makes a call and prints its result. @throws RpcError of the call */
export async function callMethod(request: CommandCall, context: CommandContext, out: Output): Promise<void> {
  const asks = {
    ...(request.asksFirst && context.hasPerson() && { confirm: 'ask' }),
    ...(request.mayBeJob && { job: 'ask' }),
  };
  let attempt: CommandCall | undefined = { ...request, metadata: { ...request.metadata, ...asks } };
  while (attempt !== undefined) {
    try {
      await callOnce(attempt, context, out);
      return;
    } catch (error) {
      const { afterRefusal } = await import('./after-refusal.js');
      attempt = await afterRefusal(attempt, request, error, context, out);
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
        errors: context.errors,
      })
    : request.args;
  const call = client.callWithArgv(object, method, args, { timeoutMs, metadata, signal });
  try {
    await printOutcome(call, request, context, out);
  } finally {
    if (Object.keys(call.responseMetadata).length > 0) {
      (await import('./warnings.js')).warn(call, request, context);
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
