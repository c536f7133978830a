import {
  checkConfigCommand,
  checkLogFile,
  ConfigurationChecks,
  type ConfigurationSource,
  configure,
  installedSettings,
  tlsFiles,
} from '@patchbay/daemon';
import { checkPlainListen, coreError, parseListen, systemErrorText } from '@patchbay/objects';
import {
  checkListenAddress,
  defaultListen,
  directoryTrouble,
  withRuntimeSocket,
} from '@patchbay/objects/define';

import { checkTls } from '../own-identity.js';
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
    defaultNote: "that of the configuration, of the installed one, or as root root's",
  },
} as const;

/** The flags that take precedence over the file, by the key that each sets. */
type Flags = Readonly<Record<string, string | readonly string[] | boolean | undefined>>;

/** Returns where the configuration is: where the options say, else where the installed daemon has it. */
export function locateConfiguration(file: string | undefined, flags: Flags): ConfigurationSource {
  const { stateDir = process.env.PATCHBAY_NAMESERVER_STATE_DIR } = flags;
  const isTold = file !== undefined || (stateDir !== undefined && stateDir !== '');
  const installed = isTold ? {} : installedSettings('nameserver');
  return {
    file: file ?? installed.file,
    flags: { ...flags, stateDir: flags.stateDir ?? installed.stateDir },
  };
}

/** Reads the configuration as the file, the environment and flags give it. @throws RpcError `CONFIG_INVALID` */
export function readConfiguration(source: ConfigurationSource): NameServerConfiguration {
  const configured = configure({
    schema: nameServerConfiguration,
    ...source,
    environment: {
      values: process.env,
      keys: {
        PATCHBAY_NAMESERVER_LISTEN: 'listen',
        PATCHBAY_NAMESERVER_STATE_DIR: 'stateDir',
        PATCHBAY_LOG_LEVEL: 'log.level',
      },
    },
  });
  const { insecure, listen = defaultListen('nameserver') } = configured;
  const tls = tlsFiles(configured.tls);
  if (insecure === false) {
    return { ...configured, listen: withRuntimeSocket(listen), tls };
  }
  for (const address of parseListen(listen)) {
    checkPlainListen(address, { insecure });
  }
  return { ...configured, listen, tls };
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
export const checkConfig = checkConfigCommand((file) =>
  checkReferences({ file }, readConfiguration({ file })),
);
