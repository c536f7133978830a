import { setTimeout as delay } from 'node:timers/promises';

import { coreError } from '@patchbay/objects';
import {
  errorLine,
  helpText,
  methodHelp,
  methodTerm,
  objectHelp,
  optionTerm,
  type Term,
  textWidth,
  wrap,
} from '@patchbay/terminal';

import type { Client } from '../client.js';
import type { CommandLine } from '../command/command-line.js';
import { type CommandContext, unlessAborted } from '../command/context.js';
import { findMethod, membersOf } from '../command/find-method.js';
import { globalOptionTerms } from '../command/global-option-terms.js';
import { isHidden } from '../command/global-options.js';
import { readTarget, type Settings, type Target } from '../command/settings.js';
import { verbs } from '../command/verb-descriptions.js';
import { isVerbName, verbNameIn } from '../command/verbs.js';
import type { PrepareVerb } from './verb.js';

/** How long the command's own help waits for that of the object, in milliseconds. */
const patienceMs = 2_000;

const usage = [
  'rpcclient [OPTION]... [OBJECT.]METHOD [ARG]... [--NAME VALUE]...',
  'rpcclient [OPTION]... COMMAND [ARG]...',
];

const about =
  'Calls a method of an object by name, and prints its result. An ARG or VALUE "-" is standard input, "@FILE" the content of a file.';

/** `rpcclient help [METHOD]`: what `rpcclient [METHOD] --help` shows. */
export const prepare: PrepareVerb = (line, settings, context) => {
  const literal = line.args[0] === '--';
  const [method] = literal ? line.args.slice(1) : line.args;
  const target = readTarget(method, settings.defaultObject);
  return async () => {
    await showHelp({ ...line, method, literal }, { ...settings, target }, context);
  };
};

/** Shows the help of the command, a verb or a method. @throws RpcError `METHOD_NOT_FOUND`, and as `describe` does */
export async function showHelp(
  line: CommandLine,
  { target }: Pick<Settings, 'target'>,
  context: CommandContext,
): Promise<void> {
  const { client, out, signal } = context;
  const text = helpOf(line, target, client, textWidth(out));
  out.write(`${await unlessAborted(text, signal, 'showing help')}\n`);
}

async function helpOf(line: CommandLine, target: Target, client: Client, width: number): Promise<string> {
  const verb = verbNameIn(line);
  if (verb !== undefined) {
    return `${methodHelp(verbs[verb], { prefix: 'rpcclient ', width })}\n\n"rpcclient help" shows the options of all commands.`;
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
    const hidden = membersOf(description)
      .map(({ name }) => name)
      .filter(isVerbName);
    const help = objectHelp(description, { prefix, width });
    return [own, help, ...hiddenMethodsNote(object, hidden, width)].join('\n\n');
  } catch (error) {
    return `${own}\n\nThe methods of "${object}" cannot be shown: ${errorLine(error)}`;
  }
}

/** Returns the command's own help: its usage, verbs and global options. */
function ownHelp(width: number): string {
  const optionTerms = globalOptionTerms.map(({ name, placeholder = '', summary }): Term => {
    return [optionTerm(`--${name} ${placeholder}`.trimEnd()), summary];
  });
  const page = {
    usage,
    about,
    sections: [
      ['Commands', Object.values(verbs).map(methodTerm)],
      ['Options', optionTerms],
    ],
    notes: ['The options may stand anywhere before a "--".'],
  } as const;
  return helpText(page, width);
}

/** Explains how to reach methods that have the name of a verb; empty if there are none. */
function hiddenMethodsNote(object: string, names: readonly string[], width: number): string[] {
  const note = `${names.join(', ')}: rpcclient has a command of this name too; write "${object}.METHOD" for the method.`;
  return names.length === 0 ? [] : [wrap(note, width).join('\n')];
}

async function helpOfMethod(
  client: Client,
  { object, method = '', prefix }: Target,
  width: number,
): Promise<string> {
  const found = findMethod(await client.describe(object), method);
  const form = { prefix: isVerbName(method) ? `rpcclient ${object}.` : prefix, width };
  return methodHelp(found, form, isHidden);
}

async function tooLate(object: string): Promise<never> {
  await delay(patienceMs, undefined, { ref: false });
  throw coreError('DEADLINE_PASSED', `nobody described "${object}" within ${String(patienceMs / 1000)} s`);
}
