import { checkConfigCommand, checkLogFile, configure } from '@patchbay/daemon';
import { parseAddress, requireLoopback } from '@patchbay/objects';

import {
  configurationVariables,
  type NameServerConfiguration,
  nameServerConfiguration,
} from './configuration.js';

/** The options of `start` that stand over the file, by the key that each sets. */
export type Flags = Readonly<Record<string, string | boolean | undefined>>;

/** Reads the configuration as the file, the environment and flags give it. @throws RpcError `CONFIG_INVALID` */
export function readConfiguration(file: string | undefined, flags: Flags = {}): NameServerConfiguration {
  const configuration = configure({
    schema: nameServerConfiguration,
    file,
    environment: { values: process.env, keys: configurationVariables },
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
