import { dirname, resolve } from 'node:path';

import {
  checkConfigCommand,
  checkLogFile,
  ConfigurationChecks,
  type ConfigurationSource,
  configure,
  installedSettings,
} from '@patchbay/daemon';
import { coreError, systemErrorText } from '@patchbay/objects';
import { directoryTrouble } from '@patchbay/objects/define';

import { type HostConfiguration, hostConfiguration } from './configuration.js';

/** The option of every command that needs the agent's configuration. */
export const configurationOptions = {
  config: {
    type: 'string',
    placeholder: 'FILE',
    summary: 'The configuration file (YAML)',
    defaultNote: 'the installed one, if there is one',
  },
} as const;

/** Returns where the configuration is: where the option says, else where the installed agent has it. */
export function locateConfiguration(
  file: string | undefined,
  flags: Readonly<Record<string, string | undefined>> = {},
): ConfigurationSource {
  return { file: file ?? installedSettings('host').file, flags };
}

/** Reads the configuration as the file, the environment and flags give it. @throws RpcError `CONFIG_INVALID` */
export function readConfiguration(source: ConfigurationSource): HostConfiguration {
  const configured = configure({
    schema: hostConfiguration,
    ...source,
    environment: {
      values: process.env,
      keys: { PATCHBAY_NAMESERVER: 'nameServer', PATCHBAY_LOG_LEVEL: 'log.level' },
    },
  });
  const baseDir = source.file === undefined ? '.' : dirname(resolve(source.file));
  return {
    ...configured,
    identity: resolve(baseDir, configured.identity),
    stateDir: resolve(baseDir, configured.stateDir),
  };
}

/**
 * Checks what a configuration refers to, and changes nothing: a start does so first. Whether the host has joined, and
 * whether its servers run, is left to the agent, which waits for that.
 *
 * @throws AggregateError with an RpcError for each problem
 */
export async function checkReferences(
  source: ConfigurationSource,
  { log, stateDir }: HostConfiguration,
): Promise<void> {
  const checks = new ConfigurationChecks(source);
  await checks.check(['log', 'file'], () => {
    checkLogFile(log);
  });
  await checks.check(['stateDir'], () => {
    const trouble = directoryTrouble(stateDir);
    if (trouble !== undefined) {
      const message = `the state directory ${stateDir} cannot be used: ${systemErrorText(trouble)}`;
      throw coreError('CONFIG_INVALID', message, { cause: trouble });
    }
  });
  checks.finish();
}

/** `patchbay-host check-config`: what `start --config` would make of a file. */
export const checkConfig = checkConfigCommand((file) =>
  checkReferences({ file }, readConfiguration({ file })),
);
