import { dirname, resolve } from 'node:path';

import { checkLogFile, ConfigurationChecks, configure, limitsOf, tlsFiles } from '@patchbay/daemon';
import { checkPlainDial, findNameServer, isLocal, parseAddress } from '@patchbay/objects';
import { checkListenAddress, defaultListen, withRuntimeSocket } from '@patchbay/objects/define';

import { checkAddresses } from '../advertised-address.js';
import { hostIdentity } from '../join-host.js';
import { hostOf } from '../server-identity.js';
import { checkObject, loadObject } from '../load-object.js';
import type { MakeObject, RpcServerOptions } from '../server-options.js';
import { checkStateDirectory, isServing, objectStateDir } from '../state-directory.js';
import { type RpcServerConfiguration, rpcServerConfiguration } from './configuration.js';

/** The options of `start` that take precedence over the file, by the key that each sets. */
export type Flags = Readonly<Record<string, string | readonly string[] | boolean | undefined>>;

/** Where a server's configuration is read from, at the start and on each reload. */
export interface ConfigurationSource {
  readonly file: string;
  readonly flags: Flags;
}

/**
 * Reads the configuration from the file, the environment and flags, and checks the addresses in it.
 * @throws RpcError `CONFIG_INVALID`
 */
export function readConfiguration(file: string, flags: Flags = {}): RpcServerConfiguration {
  const configuration = readSettings(file, flags);
  const { insecure } = configuration;
  checkAddresses({ ...configuration, insecure: insecure === false ? 'network' : insecure }); // TCP is TLS
  return configuration;
}

/** Reads the configuration of a server that may not have joined its cluster yet. @throws RpcError `CONFIG_INVALID` */
export function readSettings(file: string, flags: Flags = {}): RpcServerConfiguration {
  const configured = configure({
    schema: rpcServerConfiguration,
    file,
    environment: {
      values: process.env,
      keys: { PATCHBAY_NAMESERVER: 'nameServer', PATCHBAY_LOG_LEVEL: 'log.level' },
    },
    flags,
  });
  const { insecure, listen = defaultListen('rpcserver') } = configured;
  return {
    ...configured,
    listen: insecure === false ? withRuntimeSocket(listen) : listen,
    tls: tlsFiles(configured.tls, baseDirOf(file)),
  };
}

/** Returns the directory to which relative paths in a configuration file refer. */
export function baseDirOf(file: string): string {
  return dirname(resolve(file));
}

/**
 * Checks a configuration file and all that it refers to, as a start would, and changes nothing.
 * @throws RpcError `CONFIG_INVALID`, or an AggregateError with an RpcError for each problem
 */
export async function checkConfiguration(file: string): Promise<void> {
  await checkReferences({ file, flags: {} }, readConfiguration(file));
}

/**
 * Checks what a configuration refers to: the log's file, the state directory, the listen address unless the server
 * runs, the modules of objects and their options. A start does so before it changes anything.
 * @throws AggregateError with an RpcError for each problem
 */
export async function checkReferences(
  source: ConfigurationSource,
  configuration: RpcServerConfiguration,
): Promise<void> {
  const { listen, objects, tls } = configuration;
  const baseDir = baseDirOf(source.file);
  const stateDir = resolve(baseDir, configuration.stateDir);
  const serving = await isServing(stateDir);
  const checks = new ConfigurationChecks(source);
  await checks.check(['log', 'file'], () => {
    checkLogFile(configuration.log);
  });
  await checks.check(['stateDir'], () => {
    checkStateDirectory(stateDir);
  });
  await checks.check(['nameServer'], () => {
    checkNameServer(configuration, stateDir);
  });
  await checks.check(['listen'], () => checkListenAddress(listen, { anyPort: serving }));
  await checks.check(['tls'], () => {
    if (tls !== undefined) {
      hostOf(tls);
    }
  });
  const shared = { listen, isServing: serving, addresses: new Map<string, string>() };
  for (const [index, entry] of objects.entries()) {
    const context = { stateDir: objectStateDir(stateDir, entry.name), ...shared };
    await checks.check(
      ['objects', index],
      () => checkObject(entry, baseDir, context),
      ({ reason }) => {
        const ofModule = ['MODULE_NOT_FOUND', 'MODULE_INVALID'].includes(reason);
        return ['objects', index, ofModule ? 'module' : 'options'];
      },
    );
  }
  checks.finish();
}

/** Checks that a server can prove who it is where its name server is. @throws RpcError `CONFIG_INVALID`, `IDENTITY_FILE_UNSAFE` */
function checkNameServer({ nameServer, insecure, tls }: RpcServerConfiguration, stateDir: string): void {
  if (tls !== undefined) {
    return;
  }
  const identity = insecure === false ? hostIdentity(stateDir) : undefined;
  const address = findNameServer(nameServer ?? identity?.current.nameServers[0]);
  if (identity === undefined && !isLocal(parseAddress(address))) {
    checkPlainDial(address, { insecure });
  }
}

/** Returns a configuration's objects, and the limits of their calls, as options of the server. */
export function objectOptions(
  { objects, limits, keepalive }: Pick<RpcServerConfiguration, 'objects' | 'limits' | 'keepalive'>,
  baseDir: string,
): Required<Pick<RpcServerOptions, 'objects' | 'shared' | 'maxConcurrent' | 'limits' | 'keepalive'>> {
  const makers = objects.map((entry): [string, MakeObject] => [
    entry.name,
    (context) => loadObject(entry, baseDir, context),
  ]);
  return {
    objects: Object.fromEntries(makers),
    shared: objects.filter(({ shared }) => shared).map(({ name }) => name),
    maxConcurrent: Object.fromEntries(objects.map(({ name, maxConcurrent }) => [name, maxConcurrent])),
    limits: limitsOf(limits),
    keepalive: { intervalMs: keepalive.interval, timeoutMs: keepalive.timeout },
  };
}
