import { setTimeout as delay } from 'node:timers/promises';

import { coreError } from '@patchbay/objects';
import { errorLine } from '@patchbay/terminal';

import { type Client } from '../client.js';
import { type CommandLine } from '../command/command-line.js';
import { findMethod } from '../command/find-method.js';
import { methodHelp, objectHelp } from '../command/help.js';
import { methodHelpWithin, ownHelp, verbHidesNote } from '../command/own-help.js';
import { type Settings } from '../command/settings.js';
import { type Stage, textWidth, unlessAborted } from '../command/stage.js';
import { type Target } from '../command/target.js';
import { verbOf, verbs } from '../verbs/index.js';

/** How long the help of the command itself waits for that of the object, in milliseconds. */
const patienceMs = 2_000;

/**
 * Shows the help of the command, of a verb, or of a method.
 * @throws RpcError `METHOD_NOT_FOUND` and what describing the object of a method throws
 */
export async function showHelp(line: CommandLine, { target }: Settings, stage: Stage): Promise<void> {
  const { client, out, signal } = stage;
  const text = helpOf(line, target, client, textWidth(out));
  out.write(`${await unlessAborted(text, signal, 'showing help')}\n`);
}

async function helpOf(line: CommandLine, target: Target, client: Client, width: number): Promise<string> {
  const verb = verbOf(line);
  if (verb !== undefined) {
    const { description } = (await verb.load()).verb;
    return methodHelp(description, { prefix: 'rpcclient ', width });
  }
  return target.method === undefined
    ? await commandHelp(client, target, width)
    : await helpOfMethod(client, target, width);
}

/** Gives the help of the command, and of the object's methods if they can be had at once; else says why not. */
async function commandHelp(client: Client, { object, prefix }: Target, width: number): Promise<string> {
  const own = ownHelp(width);
  try {
    const description = await Promise.race([client.describe(object), tooLate(object)]);
    const hidden = description.methods.filter(({ name }) => verbs.has(name)).map(({ name }) => name);
    const help = objectHelp(description, { prefix, width });
    return [own, help, ...verbHidesNote(object, hidden, width)].join('\n\n');
  } catch (error) {
    return `${own}\n\nThe methods of "${object}" cannot be shown: ${errorLine(error)}`;
  }
}

async function helpOfMethod(
  client: Client,
  { object, method = '', prefix }: Target,
  width: number,
): Promise<string> {
  const found = findMethod(await client.describe(object), method);
  return methodHelpWithin(found, { prefix: verbs.has(method) ? `rpcclient ${object}.` : prefix, width });
}

async function tooLate(object: string): Promise<never> {
  await delay(patienceMs, undefined, { ref: false });
  throw coreError('DEADLINE_PASSED', `nobody described "${object}" within ${String(patienceMs / 1000)} s`);
}
