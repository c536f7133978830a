#!/usr/bin/env node
import { dirname, resolve } from 'node:path';

import { coreError, type Log, logCalls, parseAddress, requireLoopback, systemClock } from '@patchbay/core';
import {
  command,
  configure,
  endSoon,
  openLog,
  packageVersion,
  runDaemon,
  runProgram,
} from '@patchbay/core/daemon';

import { loadObject } from '../load-object.js';
import { type MakeObject, RpcServer } from '../rpc-server.js';
import { type RpcServerConfiguration, rpcServerConfiguration } from './configuration.js';

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
    const configuration = read(args);
    checkAddresses(configuration);
    const log = openLog(configuration.log);
    const baseDir = dirname(resolve(args.config));
    await runDaemon((signal) => serve(configuration, baseDir, log, signal), { log });
  },
});

const checkConfig = command({
  usage: 'check-config <file>',
  summary: 'Read a configuration file and say what is wrong with it',
  positionals: { file: { type: 'string', describe: 'The configuration file (YAML)' } },
  run: (args) => {
    checkAddresses(configure({ schema: rpcServerConfiguration, file: args.file }));
    process.stdout.write(`${String(args.file)} is fine\n`);
    return Promise.resolve();
  },
});

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

/** Checks what only all of the configuration together tells. @throws RpcError `CONFIG_INVALID` */
function checkAddresses({ listen, advertise, insecure }: RpcServerConfiguration): void {
  const address = parseAddress(listen);
  requireLoopback(address, { insecure });
  if (advertise === undefined && (address.host === '0.0.0.0' || address.host === '::')) {
    throw coreError(
      'CONFIG_INVALID',
      `listen address "${listen}" is no address that clients can dial; say in "advertise" which one they shall`,
    );
  }
}

function read(args: {
  readonly config: string;
  readonly 'name-server': string | undefined;
  readonly listen: string | undefined;
  readonly replace: boolean | undefined;
  readonly insecure: boolean | undefined;
  readonly 'log-level': string | undefined;
}): RpcServerConfiguration {
  return configure({
    schema: rpcServerConfiguration,
    file: args.config,
    environment: {
      values: process.env,
      keys: { PATCHBAY_NAMESERVER: 'nameServer', PATCHBAY_LOG_LEVEL: 'log.level' },
    },
    flags: {
      nameServer: args['name-server'],
      listen: args.listen,
      replace: args.replace,
      insecure: args.insecure,
      'log.level': args['log-level'],
    },
  });
}

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
