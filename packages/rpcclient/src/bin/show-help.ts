import { setTimeout as delay } from 'node:timers/promises';

import { coreError, didYouMean, errorLine, type ObjectDescription } from '@patchbay/core';

import { type Client } from '../client.js';
import { objectHelp } from '../command/help.js';
import { methodHelpWithin, ownHelp } from '../command/own-help.js';
import { type Target } from '../command/target.js';

/** How long the help of the command itself waits for that of the object, in milliseconds. */
const patienceMs = 2_000;

/** Gives the help of the command, and of the object's methods if they can be had at once; else says why not. */
export async function commandHelp(
  client: Client,
  { object, prefix }: Target,
  width: number,
): Promise<string> {
  const own = ownHelp(width);
  try {
    const description = await Promise.race([client.describe(object), tooLate(object)]);
    return `${own}\n\n${objectHelp(description, { prefix, width })}`;
  } catch (error) {
    return `${own}\n\nThe methods of "${object}" cannot be shown: ${errorLine(error)}`;
  }
}

/** Gives the help of one method. @throws RpcError `METHOD_NOT_FOUND` and what describing the object throws */
export async function helpOfMethod(
  client: Client,
  { object, method = '', prefix }: Target,
  width: number,
): Promise<string> {
  const description = await client.describe(object);
  return methodHelpWithin(find(description, method), { prefix, width });
}

function find({ name, methods }: ObjectDescription, method: string): ObjectDescription['methods'][number] {
  const found = methods.find((each) => each.name === method);
  if (found === undefined) {
    const names = methods.map((each) => each.name);
    throw coreError(
      'METHOD_NOT_FOUND',
      `${name} has no method ${JSON.stringify(method)}${didYouMean(method, names) || '; see "rpcclient --help"'}`,
    );
  }
  return found;
}

async function tooLate(object: string): Promise<never> {
  await delay(patienceMs, undefined, { ref: false });
  throw coreError('DEADLINE_PASSED', `nobody described "${object}" within ${String(patienceMs / 1000)} s`);
}
