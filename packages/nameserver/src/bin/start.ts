import { once } from 'node:events';

import {
  changedKeys,
  checkLogFile,
  command,
  type Daemon,
  type DaemonLog,
  openLog,
  packageVersion,
  reportReload,
  runDaemon,
  systemdManager,
} from '@patchbay/daemon';
import { systemClock } from '@patchbay/objects';

import { startNameServer } from '../server.js';
import type { NameServerConfiguration } from './configuration.js';
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
    const read = (): NameServerConfiguration =>
      readConfiguration(args.config, {
        listen: args.listen,
        stateDir: args['state-dir'],
        insecure: args.insecure,
        'log.level': args['log-level'],
      });
    const configuration = read();
    const log = openLog(configuration.log);
    const manager = await systemdManager({
      clock: systemClock,
      log,
      loadSockets: () => import('node-unix-socket'),
    });
    await runDaemon((signal, daemon) => serve(configuration, read, log, daemon, signal), {
      log,
      manager,
    });
  },
});

async function serve(
  configuration: NameServerConfiguration,
  read: () => NameServerConfiguration,
  log: DaemonLog,
  daemon: Daemon,
  signal: AbortSignal,
): Promise<void> {
  const version = packageVersion(import.meta.url);
  await using server = await startNameServer({ ...configuration, log, version });
  log.info('name server is ready', { address: server.address, stateDir: configuration.stateDir });
  let inForce = configuration;
  daemon.status(`serving at ${server.address}`);
  daemon.ready({
    probe: () => server.probe(),
    reload: () => {
      inForce = reload(inForce, read(), log);
    },
  });
  if (!signal.aborted) {
    await once(signal, 'abort');
  }
}

/** Puts the levels of a configuration in force, and gives what is in force now. */
function reload(
  before: NameServerConfiguration,
  next: NameServerConfiguration,
  log: DaemonLog,
): NameServerConfiguration {
  checkLogFile(next.log);
  log.reload(next.log);
  const now = { ...before, log: { ...before.log, level: next.log.level, levels: next.log.levels } };
  reportReload(log, {
    changed: changedKeys(before, now),
    needRestart: changedKeys(now, next).map(({ key }) => key),
  });
  return now;
}
