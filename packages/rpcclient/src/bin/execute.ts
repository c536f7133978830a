import { coreError } from '@patchbay/objects';

import { type CommandLine, completeVerb } from '../command/command-line.js';
import { type CommandContext, jobsObjectIn } from '../command/context.js';
import type { Settings } from '../command/settings.js';
import { verbNameIn, type VerbName } from '../command/verbs.js';
import type { PrepareVerb, Task } from '../verbs/verb.js';
import { callMethod } from './call-method.js';

/**
 * Runs a command line: shows help, runs a verb, or calls a method, once or repeatedly.
 * @throws RpcError of the call or the verb, with advice for users of the command
 */
export async function execute(line: CommandLine, settings: Settings, context: CommandContext): Promise<void> {
  try {
    await perform(line, settings, context);
  } catch (error) {
    const { withAdvice } = await import('./failure.js');
    throw withAdvice(error, line);
  }
}

async function perform(line: CommandLine, settings: Settings, context: CommandContext): Promise<void> {
  if (line.options.has('help')) {
    await (await import('../verbs/help.js')).showHelp(line, settings, context);
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
  const { object, method } = settings.target;
  if (method === undefined) {
    throw coreError('ARGUMENT_MISSING', 'a method is required; see "rpcclient help"');
  }
  const call = { ...settings, object, method, args: line.args };
  const { submission, format } = settings;
  if (submission !== undefined) {
    const { submitCall } = await import('../command/jobs/submit-call.js');
    return (out) => submitCall({ ...call, submission }, context, out);
  }
  if (method === 'output' && format === 'table' && object === jobsObjectIn(context.environment)) {
    const { printOutput } = await import('../command/jobs/output-command.js');
    return (out) => printOutput(call, context, out);
  }
  return (out) => callMethod(call, context, out);
}

type LoadVerb = () => Promise<{ readonly prepare: PrepareVerb }>;

/** Loads each verb's code: what a call of a method does not need is not read. */
const loaders: Readonly<Record<VerbName, LoadVerb>> = {
  ls: () => import('../verbs/ls.js'),
  login: () => import('../verbs/login.js'),
  logout: () => import('../verbs/logout.js'),
  whoami: () => import('../verbs/whoami.js'),
  'can-i': () => import('../verbs/can-i.js'),
  doctor: () => import('../verbs/doctor.js'),
  describe: () => import('../verbs/describe.js'),
  calls: () => import('../verbs/calls.js'),
  repl: () => import('../verbs/repl.js'),
  completion: () => import('../verbs/completion.js'),
  help: () => import('../verbs/help.js'),
};

/** Returns what loads the verb that a command line asks for; undefined where it calls a method. */
function loaderOf(line: CommandLine): LoadVerb | undefined {
  if (line.method === completeVerb) {
    return () => import('../verbs/complete.js');
  }
  const name = verbNameIn(line);
  return name === undefined ? undefined : loaders[name];
}
