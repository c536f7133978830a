#!/usr/bin/env node
import { resolve } from 'node:path';

import { type Log, logCalls, systemClock } from '@patchbay/core';
import {
  checkConfigCommand,
  command,
  endSoon,
  openLog,
  packageVersion,
  runDaemon,
  runProgram,
} from '@patchbay/core/daemon';

import { loadObject } from '../load-object.js';
import { type MakeObject, RpcServer } from '../rpc-server.js';
import { type RpcServerConfiguration } from './configuration.js';
import { baseOf, checkConfiguration, readConfiguration } from './read-configuration.js';

const start = command({
  usage: 'start',
  summary: 'Host the objects that the configuration names, until SIGTERM',
  options: {
    config: { type: 'string', demandOption: true, describe: 'The configuration file (YAML)' },
    'name-server': { type: 'string', describe: 'The name server, over the file (PATCHBAY_NAMESERVER)' },
    listen: { type: 'string', describe: 'Where to listen, HOST:PORT, over the file' },
    replace: { type: 'boolean', describe: 'Take the names at the start from whoever has them' },
    insecure: { type: 'boolean', describe: 'Listen where other machines can connect, unencrypted' },
    'log-level': { type: 'string', describe: 'error, warn, info or debug, over the file' },
  },
  run: async (args) => {
    const configuration = readConfiguration(args.config, {
      nameServer: args['name-server'],
      listen: args.listen,
      replace: args.replace,
      insecure: args.insecure,
      'log.level': args['log-level'],
    });
    const log = openLog(configuration.log);
    await runDaemon((signal) => serve(configuration, baseOf(args.config), log, signal), { log });
  },
});

const checkConfig = checkConfigCommand(checkConfiguration);

process.exitCode = await runProgram(
  {
    name: 'rpcserver',
    summary: 'Hosts Patchbay objects and registers their names.',
    version: packageVersion(import.meta.url),
    commands: [start, checkConfig],
  },
  process.argv.slice(2),
);
endSoon();

async function serve(
  configuration: RpcServerConfiguration,
  baseDir: string,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const objects = configuration.objects.map((entry): [string, MakeObject] => [
    entry.name,
    (context) => loadObject(entry, baseDir, context),
  ]);
  const {
    advertise,
    logCalls: calls,
    limits: { stall: stallMs, ...limits },
  } = configuration;
  await using server = await RpcServer.start({
    nameServer: configuration.nameServer,
    listen: configuration.listen,
    ...(advertise === undefined ? {} : { advertise }),
    stateDir: resolve(baseDir, configuration.stateDir),
    objects: Object.fromEntries(objects),
    shared: configuration.objects.filter(({ shared }) => shared).map(({ name }) => name),
    replace: configuration.replace,
    leaseMs: configuration.lease,
    drainMs: configuration.drain,
    sendStacks: configuration.sendStacks,
    interceptors: calls === 'none' ? [] : [logCalls({ log, clock: systemClock, calls })],
    limits: { ...limits, stallMs },
    maxConcurrent: Object.fromEntries(
      configuration.objects.map(({ name, maxConcurrent }) => [name, maxConcurrent]),
    ),
    signal,
    log,
  }).catch((error: unknown) => {
    if (!signal.aborted) {
      throw error;
    }
    log.info('the RPC server stopped before it had started', { error });
    return undefined;
  });
  if (server === undefined) {
    return;
  }
  log.info('the RPC server is ready', { address: server.address, objects: objects.map(([name]) => name) });
  await new Promise<void>((stopped) => {
    if (signal.aborted) {
      stopped();
    }
    signal.addEventListener('abort', () => {
      stopped();
    });
  });
  log.info('the RPC server is stopping');
}
