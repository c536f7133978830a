import { existsSync } from 'node:fs';

import {
  checkConfigCommand,
  checkLogFile,
  ConfigurationChecks,
  type ConfigurationSource,
  configure,
  tlsFiles,
} from '@patchbay/daemon';
import { checkPlainListen, coreError, parseListen, systemErrorText } from '@patchbay/objects';
import { checkListenAddress, defaultListen, directoryTrouble } from '@patchbay/objects/define';

import { checkTls, clusterKeyFile } from '../own-identity.js';
import { type NameServerConfiguration, nameServerConfiguration } from './configuration.js';

/** The options by which a command is told where a name server keeps its registry, and where it listens. */
export const configurationOptions = {
  config: { type: 'string', placeholder: 'FILE', summary: 'The configuration file (YAML)' },
  listen: {
    type: 'string',
    repeated: true,
    placeholder: 'ADDRESS',
    summary: 'Where to listen: HOST:PORT, where port 0 takes a free one, or unix:/PATH',
    defaultNote: 'its socket in /run/patchbay or $XDG_RUNTIME_DIR/patchbay, else 127.0.0.1:7440',
  },
  'state-dir': {
    type: 'string',
    placeholder: 'DIR',
    summary: 'The directory of the registry, which is created if it does not exist',
  },
} as const;

/**
 * Reads the configuration as the file, the environment and flags give it.
 *
 * @param options `isSecure`: that there is going to be an authority
 * @throws RpcError `CONFIG_INVALID`
 */
export function readConfiguration(
  file: string | undefined,
  flags: Readonly<Record<string, string | readonly string[] | boolean | undefined>> = {},
  { isSecure = false } = {},
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
  const configuration = {
    ...configured,
    listen: configured.listen ?? defaultListen('nameserver'),
    tls: tlsFiles(configured.tls),
  };
  // Of an authority TCP is TLS. Whether there is one, the start finds out in the store.
  if (!isSecure && configuration.tls === undefined && !existsSync(clusterKeyFile(configuration.stateDir))) {
    for (const address of parseListen(configuration.listen)) {
      checkPlainListen(address, configuration);
    }
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
  { log, stateDir, listen, tls }: NameServerConfiguration,
): Promise<void> {
  const checks = new ConfigurationChecks(source);
  await checks.check(['log', 'file'], () => {
    checkLogFile(log);
  });
  await checks.check(['stateDir'], () => {
    checkStateDirectory(stateDir);
  });
  await checks.check(['listen'], () => checkListenAddress(listen, { anyPort: true }));
  await checks.check(['tls'], () => {
    if (tls !== undefined) {
      checkTls(tls);
    }
  });
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
