import { nameServerAdvice } from '@patchbay/daemon';
import { coreError, formatDuration, isRpcError, RpcError } from '@patchbay/objects';

import type { CommandLine } from '../command/command-line.js';
import type { CommandContext } from '../command/context.js';
import type { Settings } from '../command/settings.js';
import { loaderOf } from '../verbs/loaders.js';
import type { Task } from '../verbs/verb.js';
import { callMethod } from './call-method.js';

/**
 * Runs a command line: shows help, runs a verb, or calls a method, once or repeatedly.
 * @throws RpcError of the call or the verb, with advice for users of the command
 */
export async function execute(line: CommandLine, settings: Settings, context: CommandContext): Promise<void> {
  try {
    await perform(line, settings, context);
  } catch (error) {
    throw withAdvice(error, settings.timeoutMs);
  }
}

async function perform(line: CommandLine, settings: Settings, context: CommandContext): Promise<void> {
  if (line.options.has('help')) {
    const { showHelp } = await import('./show-help.js');
    await showHelp(line, settings, context);
    return;
  }
  const once = await taskOf(line, settings, context);
  if (settings.watchMs === undefined) {
    await once(context.out);
    return;
  }
  const { watch } = await import('../command/watch.js');
  await watch({ intervalMs: settings.watchMs, format: settings.format, once }, context);
}

async function taskOf(line: CommandLine, settings: Settings, context: CommandContext): Promise<Task> {
  const load = loaderOf(line);
  if (load !== undefined) {
    if (settings.outputFile !== undefined) {
      throw coreError('ARGUMENT_INVALID', '--output is for methods that return bytes, which no verb does');
    }
    const { prepare } = await load();
    return await prepare(line, settings, context);
  }
  const { target, timeoutMs, format, outputFile } = settings;
  const { object, method } = target;
  if (method === undefined) {
    throw coreError('ARGUMENT_MISSING', 'a method is required; see "rpcclient --help"');
  }
  return (out) =>
    callMethod({ object, method, args: line.args, timeoutMs, format, outputFile }, context, out);
}

/** Adds to an error what a user of the command can do about it. */
function withAdvice(error: unknown, timeoutMs: number | 'none'): unknown {
  if (isRpcError(error, 'DEADLINE_PASSED') && timeoutMs !== 'none') {
    const limit = formatDuration(timeoutMs);
    return new RpcError(
      error.code,
      error.reason,
      `${error.message}: its limit was ${limit}; --timeout sets another`,
      { details: error.details, cause: error },
    );
  }
  return nameServerAdvice(error);
}
