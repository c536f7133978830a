import { existsSync } from 'node:fs';

import { endOnFailedOutput, interruptible, writeOut } from '@patchbay/daemon';
import { exitStatusOf, findApiKey, findNameServer, findTls, userIdentityFile } from '@patchbay/objects';
import { asksForJson, failureText } from '@patchbay/terminal';

import { connect } from '../client.js';
import type { CurrentIdentity } from '../identity.js';
import { type CommandLine, insecureIn, readCommandLine, tlsIn } from '../command/command-line.js';
import { defaultObjectIn, readSettings } from '../command/settings.js';
import { verbNameIn, type VerbName } from '../command/verbs.js';
import { execute } from './execute.js';
import { processContext } from './process-context.js';

/** Opens the identity of whoever calls, if there is one. @throws RpcError as `openCommandIdentity` */
async function identityOfCaller(line: CommandLine): Promise<CurrentIdentity | undefined> {
  const tls = tlsIn(line);
  const path = userIdentityFile();
  // On demand: whoever has not logged in does without what it loads.
  return findTls(tls) !== undefined || (path !== undefined && existsSync(path))
    ? (await import('../identity.js')).openCommandIdentity(tls)
    : undefined;
}

/** The verbs that open the identity of the user themselves. */
const ownIdentities: ReadonlySet<VerbName> = new Set<VerbName>(['login', 'logout', 'doctor']);

async function main(argv: readonly string[]): Promise<void> {
  const line = readCommandLine(argv);
  if (line.options.has('version')) {
    await writeOut(`${(await import('./version.js')).version}\n`);
    return;
  }
  const settings = readSettings(line, defaultObjectIn(process.env));
  const verb = verbNameIn(line);
  const apiKey = findApiKey();
  const opensItself = verb !== undefined && ownIdentities.has(verb);
  const identity = opensItself || apiKey !== undefined ? undefined : await identityOfCaller(line);
  const nameServer = findNameServer(line.options.get('name-server'), {
    loggedIn: identity?.current.nameServers[0],
  });
  // Only the prompt lasts long enough for following the names in use to pay off.
  await using client = connect({
    nameServer,
    identity,
    apiKey,
    insecure: insecureIn(line),
    watch: verb === 'repl',
  });
  await interruptible((signal) => execute(line, settings, processContext(client, nameServer, signal)));
}

async function run(argv: readonly string[]): Promise<void> {
  let status = 0;
  process.noDeprecation = true; // what a method says of itself is printed in the words of the command
  try {
    const done = main(argv.length === 0 ? ['--help'] : argv);
    endOnFailedOutput(argv); // opens standard output while the call is in flight
    await done;
  } catch (error) {
    process.stderr.write(failureText(error, asksForJson(argv)));
    status = exitStatusOf(error);
  }
  if (process.stdout.writableLength > 0 || process.stdout.errored !== null) {
    await writeOut(''); // resolves once everything printed before it is written, or has failed
  }
  // Nothing that still waits for an unresponsive server matters any more.
  process.exit(status);
}

void run(process.argv.slice(2)); // not awaited here: the bundle is CommonJS (docs/adr/0007)
