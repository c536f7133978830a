import {
  checkConfigCommand,
  checkLogFile,
  ConfigurationChecks,
  type ConfigurationSource,
  configure,
} from '@patchbay/daemon';
import { checkPlainListen, coreError, parseListen, systemErrorText } from '@patchbay/objects';
import { checkListenAddress, defaultListen, directoryTrouble } from '@patchbay/objects/define';

import { type NameServerConfiguration, nameServerConfiguration } from './configuration.js';

/** Reads the configuration as the file, the environment and flags give it. @throws RpcError `CONFIG_INVALID` */
export function readConfiguration(
  file: string | undefined,
  flags: Readonly<Record<string, string | readonly string[] | boolean | undefined>> = {},
): NameServerConfiguration {
  const configured = configure({
    schema: nameServerConfiguration,
    file,
    environment: {
      values: process.env,
      keys: {
        PATCHBAY_NAMESERVER_LISTEN: 'listen',
        PATCHBAY_NAMESERVER_STATE_DIR: 'stateDir',
        PATCHBAY_LOG_LEVEL: 'log.level',
      },
    },
    flags,
  });
  const configuration = { ...configured, listen: configured.listen ?? defaultListen('nameserver') };
  for (const address of parseListen(configuration.listen)) {
    checkPlainListen(address, configuration);
  }
  return configuration;
}

/**
 * Checks what a configuration refers to, and changes nothing: a start does so first. Whether the port is free is left
 * to the start, as a running name server may be asked about.
 * @throws AggregateError with an RpcError for each problem
 */
export async function checkReferences(
  source: ConfigurationSource,
  { log, stateDir, listen }: NameServerConfiguration,
): Promise<void> {
  const checks = new ConfigurationChecks(source);
  await checks.check(['log', 'file'], () => {
    checkLogFile(log);
  });
  await checks.check(['stateDir'], () => {
    checkStateDirectory(stateDir);
  });
  await checks.check(['listen'], () => checkListenAddress(listen, { anyPort: true }));
  checks.finish();
}

function checkStateDirectory(path: string): void {
  const trouble = directoryTrouble(path, { mayBeReadOnly: true });
  if (trouble !== undefined) {
    const message = `the state directory ${path} cannot be used: ${systemErrorText(trouble)}`;
    throw coreError('CONFIG_INVALID', message, { cause: trouble });
  }
}

/** `nameserver check-config`: what `start --config` would make of a file. */
export const checkConfig = checkConfigCommand((file) => checkReferences({ file }, readConfiguration(file)));
