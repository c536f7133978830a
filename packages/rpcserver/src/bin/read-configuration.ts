import { dirname, resolve } from 'node:path';

import { checkLogFile, configure, limitsOf, locateErrors } from '@patchbay/daemon';
import { isRpcError, type RpcError } from '@patchbay/objects';

import { checkAddresses } from '../advertised-address.js';
import { checkObject, loadObject } from '../load-object.js';
import type { MakeObject, RpcServerOptions } from '../server-options.js';
import { type RpcServerConfiguration, rpcServerConfiguration } from './configuration.js';

/** The options of `start` that take precedence over the file, by the key that each sets. */
export type Flags = Readonly<Record<string, string | boolean | undefined>>;

/** Reads the configuration from the file, the environment and flags. @throws RpcError `CONFIG_INVALID` */
export function readConfiguration(file: string, flags: Flags = {}): RpcServerConfiguration {
  const configuration = configure({
    schema: rpcServerConfiguration,
    file,
    environment: {
      values: process.env,
      keys: { PATCHBAY_NAMESERVER: 'nameServer', PATCHBAY_LOG_LEVEL: 'log.level' },
    },
    flags,
  });
  checkAddresses(configuration);
  return configuration;
}

/** Returns the directory to which relative paths in a configuration file refer. */
export function baseDirOf(file: string): string {
  return dirname(resolve(file));
}

/**
 * Checks a configuration file and the modules and options of its objects, as a start would, without opening anything.
 * @throws RpcError `CONFIG_INVALID`, or an AggregateError with an RpcError for each problem
 */
export async function checkConfiguration(file: string): Promise<void> {
  await checkReferences(file, readConfiguration(file));
}

/**
 * Checks what a configuration refers to: the log's file, the modules of objects and their options.
 * @throws AggregateError with an RpcError for each problem
 */
export async function checkReferences(file: string, configuration: RpcServerConfiguration): Promise<void> {
  const errors: RpcError[] = [];
  const note = (path: readonly (string | number)[], error: unknown): void => {
    if (!isRpcError(error)) {
      throw error;
    }
    errors.push(...locateErrors(file, path, error));
  };
  try {
    checkLogFile(configuration.log);
  } catch (error) {
    note(['log', 'file'], error);
  }
  for (const [index, entry] of configuration.objects.entries()) {
    try {
      await checkObject(entry, baseDirOf(file));
    } catch (error) {
      const ofModule = isRpcError(error, 'MODULE_NOT_FOUND', 'MODULE_INVALID');
      note(['objects', index, ofModule ? 'module' : 'options'], error);
    }
  }
  if (errors.length > 0) {
    throw new AggregateError(errors, 'the configuration is invalid');
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
