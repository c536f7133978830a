import { dirname, resolve } from 'node:path';

import { checkLogFile, configure, locateErrors } from '@patchbay/daemon';
import { coreError, isRpcError, parseAddress, requireLoopback, type RpcError } from '@patchbay/objects';

import { checkObject } from '../load-object.js';
import { type RpcServerConfiguration, rpcServerConfiguration } from './configuration.js';

/** The options of `start` that stand over the file, by the key that each sets. */
export type Flags = Readonly<Record<string, string | boolean | undefined>>;

/** Reads the configuration as the file, the environment and flags give it. @throws RpcError `CONFIG_INVALID` */
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

/** Says against which directory the relative paths of a configuration file are. */
export function baseOf(file: string): string {
  return dirname(resolve(file));
}

/**
 * Checks a configuration file and the modules and options of its objects, as a start would, and opens nothing.
 * @throws RpcError, or an AggregateError of several
 */
export async function checkConfiguration(file: string): Promise<void> {
  await checkParts(file, readConfiguration(file));
}

/**
 * Checks what a configuration only names: the log's file, the modules of objects and their options.
 * @throws AggregateError of an RpcError for each problem
 */
export async function checkParts(file: string, configuration: RpcServerConfiguration): Promise<void> {
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
      await checkObject(entry, baseOf(file));
    } catch (error) {
      const ofModule = isRpcError(error, 'MODULE_NOT_FOUND', 'MODULE_INVALID');
      note(['objects', index, ofModule ? 'module' : 'options'], error);
    }
  }
  if (errors.length > 0) {
    throw new AggregateError(errors, 'the configuration is not fine');
  }
}

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
