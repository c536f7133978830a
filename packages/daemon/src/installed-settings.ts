import { existsSync } from 'node:fs';

/** Where the settings of a daemon are: in a configuration file, or its state directory alone is known. */
export interface InstalledSettings {
  readonly file?: string;
  readonly stateDir?: string;
}

/** Where to look. Default: on this machine, for this process. */
export interface InstalledOptions {
  readonly configurationDirectory?: string;
  /** The effective user id. */
  readonly uid?: number | undefined;
}

/**
 * Returns where the settings of a daemon are when a command is told neither its configuration nor its state directory:
 * in the installed configuration, else, for root, in the state directory that this would name.
 */
export function installedSettings(
  daemon: 'nameserver' | 'rpcserver' | 'host',
  { configurationDirectory = '/etc/patchbay', uid = process.geteuid?.() }: InstalledOptions = {},
): InstalledSettings {
  const file = `${configurationDirectory}/${daemon}.yaml`;
  if (existsSync(file)) {
    return { file };
  }
  return uid === 0 ? { stateDir: `/var/lib/patchbay/${daemon}` } : {};
}
