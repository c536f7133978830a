import { coreError } from '@patchbay/objects';

import { type CommandLine } from '../command/command-line.js';
import { type Settings } from '../command/settings.js';
import { type Output, type Stage } from '../command/stage.js';
import { loaderOf } from '../verbs/index.js';
import { withAdvice } from './advice.js';
import { callMethod } from './call-method.js';

/**
 * Does what a command line asks for: shows help, runs one of our verbs, or calls a method, once or again and again.
 * @throws RpcError what comes of it, with advice for users of the command
 */
export async function execute(line: CommandLine, settings: Settings, stage: Stage): Promise<void> {
  try {
    await perform(line, settings, stage);
  } catch (error) {
    throw withAdvice(error, settings.timeoutMs);
  }
}

async function perform(line: CommandLine, settings: Settings, stage: Stage): Promise<void> {
  if (line.own.has('help')) {
    const { showHelp } = await import('./show-help.js');
    await showHelp(line, settings, stage);
    return;
  }
  const once = await taskOf(line, settings, stage);
  if (settings.watchMs === undefined) {
    await once(stage.out);
    return;
  }
  const { watch } = await import('../command/watch.js');
  await watch({ intervalMs: settings.watchMs, format: settings.format, once }, stage);
}

async function taskOf(
  line: CommandLine,
  settings: Settings,
  stage: Stage,
): Promise<(out: Output) => Promise<void>> {
  const load = loaderOf(line);
  if (load !== undefined) {
    if (settings.outputFile !== undefined) {
      throw coreError('ARGUMENT_INVALID', '--output is for methods that give bytes, which no verb does');
    }
    const { verb } = await load();
    return await verb.prepare(line, settings, stage);
  }
  const { target, timeoutMs, format, outputFile } = settings;
  const { object, method } = target;
  if (method === undefined) {
    throw coreError('ARGUMENT_MISSING', 'a method is required; see "rpcclient --help"');
  }
  return (out) =>
    callMethod({ object, method, words: line.words, timeoutMs, format, outputFile }, stage, out);
}
