#!/usr/bin/env node
import { fileURLToPath } from 'node:url';

import {
  checkConfigCommand,
  command,
  ExternalCommands,
  insecureListenOption,
  nameServerOption,
  openLog,
  packageVersion,
  runDaemon,
  runMain,
  systemdManager,
  tlsFlags,
  tlsOptions,
} from '@patchbay/daemon';
import { systemClock } from '@patchbay/objects';

import { joinCommand } from './join.js';
import { checkConfiguration, checkReferences, readConfiguration } from './read-configuration.js';
import { serve } from './serve.js';

const start = command({
  name: 'start',
  summary: 'Host the objects of a configuration, until SIGTERM or Ctrl-C',
  options: {
    config: { type: 'string', required: true, placeholder: 'FILE', summary: 'The configuration file (YAML)' },
    'name-server': nameServerOption,
    listen: {
      type: 'string',
      repeated: true,
      placeholder: 'ADDRESS',
      summary: 'Where to listen: HOST:PORT, where port 0 takes a free one, or unix:/PATH',
      defaultNote: 'that of the file',
    },
    replace: { type: 'boolean', summary: 'At start, take over the names from their present owners' },
    insecure: insecureListenOption,
    ...tlsOptions,
    'log-level': {
      type: 'string',
      placeholder: 'LEVEL',
      summary: 'The lowest level that is logged: error, warn, info or debug',
      defaultNote: 'that of the file',
    },
  },
  run: async (args) => {
    const flags = {
      nameServer: args['name-server'],
      listen: args.listen,
      replace: args.replace,
      insecure: args.insecure,
      ...tlsFlags(args),
      'log.level': args['log-level'],
    };
    const source = { file: args.config, flags };
    const configuration = readConfiguration(source.file, flags);
    await checkReferences(source, configuration);
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

await runMain(
  {
    name: 'rpcserver',
    summary: 'Hosts Patchbay objects and registers their names.',
    version: packageVersion(import.meta.url),
    commands: [start, joinCommand, checkConfig],
    external: new ExternalCommands('rpcserver', file),
  },
  argv,
);
