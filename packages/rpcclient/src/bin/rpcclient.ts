import { endOnClosedPipe, interruptible, packageVersion, writeOut } from '@patchbay/daemon';
import { exitStatusOf, findNameServer } from '@patchbay/objects';
import { errorLine } from '@patchbay/terminal';

import { connect } from '../client.js';
import { readCommandLine } from '../command/command-line.js';
import { readSettings, usualObject } from '../command/settings.js';
import { verbOf } from '../verbs/index.js';
import { execute } from './execute.js';
import { processStage } from './process-stage.js';

async function main(words: readonly string[]): Promise<void> {
  const line = readCommandLine(words);
  if (line.own.has('version')) {
    await writeOut(`${packageVersion(import.meta.url)}\n`);
    return;
  }
  const settings = readSettings(line, usualObject(process.env));
  const nameServer = findNameServer(line.own.get('name-server'));
  await using client = connect({ nameServer, watch: verbOf(line)?.stays === true });
  await interruptible((signal) => execute(line, settings, processStage(client, nameServer, signal)));
}

async function run(): Promise<void> {
  let status = 0;
  try {
    const done = main(process.argv.slice(2));
    endOnClosedPipe(); // opens standard output while the call is on its way
    await done;
  } catch (error) {
    process.stderr.write(`${errorLine(error)}\n`);
    status = exitStatusOf(error);
  }
  if (process.stdout.writableLength > 0) {
    await writeOut(''); // what was printed before is out when this is
  }
  // Whatever still waits for a server that does not answer is of no interest any more.
  process.exit(status);
}

void run(); // not awaited here: the bundle is CommonJS (docs/adr/0007)
