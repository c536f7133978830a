import { setTimeout as delay } from 'node:timers/promises';

import { coreError } from '@patchbay/objects';
import { errorLine } from '@patchbay/terminal';

import type { Client } from '../client.js';
import type { CommandLine } from '../command/command-line.js';
import { type CommandContext, textWidth, unlessAborted } from '../command/context.js';
import { globalOptionTerms } from '../command/global-option-terms.js';
import { findMethod, methodHelp, methodTerm, objectHelp } from '../command/help.js';
import { termList, wrap } from '../command/layout.js';
import type { Settings, Target } from '../command/settings.js';
import { verbs } from '../command/verb-descriptions.js';
import { isVerbName, verbNameIn } from '../command/verbs.js';

/** How long the command's own help waits for that of the object, in milliseconds. */
const patienceMs = 2_000;

const usage =
  'Usage: rpcclient [OPTION]... [OBJECT.]METHOD [ARG]... [--NAME VALUE]...\n       rpcclient [OPTION]... VERB [ARG]...';

const about =
  'Calls a method of an object by name, and prints its result. An ARG or VALUE "-" is standard input, "@FILE" the content of a file.';

/** Shows the help of the command, a verb or a method. @throws RpcError `METHOD_NOT_FOUND`, and as `describe` does */
export async function showHelp(
  line: CommandLine,
  { target }: Settings,
  context: CommandContext,
): Promise<void> {
  const { client, out, signal } = context;
  const text = helpOf(line, target, client, textWidth(out));
  out.write(`${await unlessAborted(text, signal, 'showing help')}\n`);
}

async function helpOf(line: CommandLine, target: Target, client: Client, width: number): Promise<string> {
  const verb = verbNameIn(line);
  if (verb !== undefined) {
    return methodHelp(verbs[verb], { prefix: 'rpcclient ', width });
  }
  return target.method === undefined
    ? await commandHelp(client, target, width)
    : await helpOfMethod(client, target, width);
}

/** Returns the help of the command, and of the object's methods if it answers in time; otherwise the reason why not. */
async function commandHelp(client: Client, { object, prefix }: Target, width: number): Promise<string> {
  const own = ownHelp(width);
  try {
    const description = await Promise.race([client.describe(object), tooLate(object)]);
    const hidden = description.methods.map(({ name }) => name).filter(isVerbName);
    const help = objectHelp(description, { prefix, width });
    return [own, help, ...hiddenMethodsNote(object, hidden, width)].join('\n\n');
  } catch (error) {
    return `${own}\n\nThe methods of "${object}" cannot be shown: ${errorLine(error)}`;
  }
}

/** Returns the command's own help: its usage, verbs and global options. */
function ownHelp(width: number): string {
  const verbTerms = Object.values(verbs).map(methodTerm);
  const optionTerms = globalOptionTerms.map(({ name, placeholder, summary }): [string, string] => [
    placeholder === undefined ? `--${name}` : `--${name} ${placeholder}`,
    summary,
  ]);
  return [
    usage,
    wrap(about, width).join('\n'),
    `Verbs, each with a --help of its own:\n${termList(verbTerms, width)}`,
    `Options, anywhere before a "--":\n${termList(optionTerms, width)}`,
  ].join('\n\n');
}

/** Explains how to reach methods that have the name of a verb; empty if there are none. */
function hiddenMethodsNote(object: string, names: readonly string[], width: number): string[] {
  const note = `${names.join(', ')}: rpcclient has a verb of this name too; write "${object}.METHOD" for the method.`;
  return names.length === 0 ? [] : [wrap(note, width).join('\n')];
}

async function helpOfMethod(
  client: Client,
  { object, method = '', prefix }: Target,
  width: number,
): Promise<string> {
  const found = findMethod(await client.describe(object), method);
  return methodHelp(found, { prefix: isVerbName(method) ? `rpcclient ${object}.` : prefix, width });
}

async function tooLate(object: string): Promise<never> {
  await delay(patienceMs, undefined, { ref: false });
  throw coreError('DEADLINE_PASSED', `nobody described "${object}" within ${String(patienceMs / 1000)} s`);
}
