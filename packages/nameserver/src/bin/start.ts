import { once } from 'node:events';

import { type Log } from '@patchbay/core';
import { command, openLog, packageVersion, runDaemon } from '@patchbay/core/daemon';

import { startNameServer } from '../server.js';
import { type NameServerConfiguration } from './configuration.js';
import { readConfiguration } from './read-configuration.js';

/** `nameserver start`: the daemon itself. */
export const start = command({
  usage: 'start',
  summary: 'Keep the registry of names, until SIGTERM or Ctrl-C',
  options: {
    config: { type: 'string', describe: 'A configuration file (YAML)' },
    listen: { type: 'string', describe: 'Where to listen, HOST:PORT', defaultDescription: '127.0.0.1:7440' },
    'state-dir': {
      type: 'string',
      describe: 'The directory of the registry; it is made when it is not there',
    },
    insecure: { type: 'boolean', describe: 'Listen where other machines can connect, unencrypted' },
    'log-level': { type: 'string', describe: 'error, warn, info or debug', defaultDescription: 'info' },
  },
  run: async (args) => {
    const configuration = readConfiguration(args.config, {
      listen: args.listen,
      stateDir: args['state-dir'],
      insecure: args.insecure,
      'log.level': args['log-level'],
    });
    const log = openLog(configuration.log);
    await runDaemon((signal) => serve(configuration, log, signal), { log });
  },
});

async function serve(configuration: NameServerConfiguration, log: Log, signal: AbortSignal): Promise<void> {
  const { listen, stateDir, sendStacks } = configuration;
  await using server = await startNameServer({
    listen,
    stateDir,
    sendStacks,
    log,
    version: packageVersion(import.meta.url),
  });
  log.info('name server is ready', { address: server.address, stateDir });
  if (!signal.aborted) {
    await once(signal, 'abort');
  }
}
