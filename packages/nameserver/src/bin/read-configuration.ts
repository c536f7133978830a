import { checkConfigCommand, checkLogFile, configure } from '@patchbay/daemon';
import { parseAddress, requireLoopback } from '@patchbay/objects';

import { type NameServerConfiguration, nameServerConfiguration } from './configuration.js';

/** Reads the configuration as the file, the environment and flags give it. @throws RpcError `CONFIG_INVALID` */
export function readConfiguration(
  file: string | undefined,
  flags: Readonly<Record<string, string | boolean | undefined>> = {},
): NameServerConfiguration {
  const configuration = configure({
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
  requireLoopback(parseAddress(configuration.listen), configuration);
  return configuration;
}

/** `nameserver check-config`: what `start --config` would make of a file. */
export const checkConfig = checkConfigCommand((file) => {
  checkLogFile(readConfiguration(file).log);
  return Promise.resolve();
});
