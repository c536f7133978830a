#!/usr/bin/env node
import { coreError, errorLine, exitStatusOf } from '@patchbay/core';
import {
  endOnClosedPipe,
  interruptible,
  nameServerAddress,
  packageVersion,
  writeOut,
} from '@patchbay/core/daemon';

import { connect } from '../client.js';
import { readCommandLine } from '../command/command-line.js';
import { readSettings } from '../command/settings.js';
import { withAdvice } from './advice.js';
import { callMethod } from './call-method.js';
import { commandHelp, helpOfMethod } from './show-help.js';

/** Lines longer than this are hard to read, however wide the terminal is. */
const widestHelp = 100;

async function main(words: readonly string[]): Promise<void> {
  const line = readCommandLine(words);
  const { own } = line;
  if (own.has('version')) {
    await writeOut(`${packageVersion(import.meta.url)}\n`);
    return;
  }
  const { target, timeoutMs } = readSettings(line, process.env);
  const { object, method } = target;
  const nameServer = nameServerAddress(own.get('name-server'));
  await using client = connect({ nameServer, watch: false });
  try {
    if (own.has('help')) {
      const width = Math.min(process.stdout.columns || 80, widestHelp);
      const help = method === undefined ? commandHelp : helpOfMethod;
      await writeOut(`${await help(client, target, width)}\n`);
      return;
    }
    if (method === undefined) {
      throw coreError('ARGUMENT_MISSING', 'a method is required; see "rpcclient --help"');
    }
    const call = { object, method, words: line.words, timeoutMs, json: own.has('json') };
    await interruptible((signal) => callMethod(client, call, signal));
  } catch (error) {
    throw withAdvice(error, timeoutMs);
  }
}

endOnClosedPipe();
let status = 0;
try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${errorLine(error)}\n`);
  status = exitStatusOf(error);
}
// Whatever still waits for a server that does not answer is of no interest any more.
process.exit(status);
