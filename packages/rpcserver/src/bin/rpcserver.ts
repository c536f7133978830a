#!/usr/bin/env node
import { fileURLToPath } from 'node:url';

import {
  checkConfigCommand,
  command,
  exitIfHanging,
  ExternalCommands,
  openLog,
  packageVersion,
  runDaemon,
  runProgram,
  systemdManager,
} from '@patchbay/daemon';
import { systemClock } from '@patchbay/objects';

import { checkConfiguration, readConfiguration } from './read-configuration.js';
import { serve } from './serve.js';

const start = command({
  usage: 'start',
  summary: 'Host the objects that the configuration names, until SIGTERM',
  options: {
    config: { type: 'string', demandOption: true, describe: 'The configuration file (YAML)' },
    'name-server': {
      type: 'string',
      describe: 'The name server, instead of the one in the file (PATCHBAY_NAMESERVER)',
    },
    listen: { type: 'string', describe: 'Where to listen, HOST:PORT, instead of the address in the file' },
    replace: { type: 'boolean', describe: 'Take the names from their present servers at the start' },
    insecure: { type: 'boolean', describe: 'Listen where other machines can connect, unencrypted' },
    'log-level': { type: 'string', describe: 'error, warn, info or debug, instead of the level in the file' },
  },
  run: async (args) => {
    const flags = {
      nameServer: args['name-server'],
      listen: args.listen,
      replace: args.replace,
      insecure: args.insecure,
      'log.level': args['log-level'],
    };
    const source = { file: args.config, flags };
    const configuration = readConfiguration(source.file, flags);
    const log = openLog(configuration.log);
    const manager = await systemdManager({
      clock: systemClock,
      log,
      loadSockets: () => import('node-unix-socket'),
    });
    await runDaemon((signal, daemon) => serve(configuration, source, log, daemon, signal), {
      log,
      manager,
    });
  },
});

const checkConfig = checkConfigCommand(checkConfiguration);
const [, file = fileURLToPath(import.meta.url), ...argv] = process.argv;

process.exitCode = await runProgram(
  {
    name: 'rpcserver',
    summary: 'Hosts Patchbay objects and registers their names.',
    version: packageVersion(import.meta.url),
    commands: [start, checkConfig],
    external: new ExternalCommands('rpcserver', file),
  },
  argv,
);
exitIfHanging();
