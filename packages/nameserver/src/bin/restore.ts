import { resolve } from 'node:path';

import { command, formatOptions, printResult } from '@patchbay/daemon';

import { type RestoredRegistry, restoreRegistry } from '../restore-registry.js';
import { configurationOptions, locateConfiguration, readConfiguration } from './read-configuration.js';

const { config, 'state-dir': stateDirOption } = configurationOptions;

/** `nameserver restore`: replaces what a name server keeps with a backup. */
export const restore = command({
  name: 'restore',
  summary: 'Restore a name server from a backup, while it does not run',
  args: { file: { type: 'string', required: true, summary: 'The backup file' } },
  options: { config, 'state-dir': stateDirOption, ...formatOptions },
  run: async (args) => {
    const { stateDir } = readConfiguration(
      locateConfiguration(args.config, { stateDir: args['state-dir'], insecure: false }),
    );
    const restored = await restoreRegistry({ file: resolve(args.file), stateDir });
    const { former = null, foundFingerprint = null, ...about } = restored;
    await printResult({ stateDir, ...about, foundFingerprint, former }, args, textOf(stateDir, restored));
  },
});

function textOf(
  stateDir: string,
  { former, keyFile, keyFingerprint, foundFingerprint }: RestoredRegistry,
): string {
  const found =
    foundFingerprint === keyFingerprint
      ? `The cluster key ${keyFingerprint} opens it, and is there (${keyFile}).`
      : `The cluster key ${keyFingerprint} opens it, and ${foundFingerprint === undefined ? 'is not there' : `${foundFingerprint} is there`}: ` +
        `put it into ${keyFile}, or, if it is lost, run nameserver init --new-authority.`;
  return [
    `The name server of ${stateDir} is restored; ${former === undefined ? 'there was none before' : `the former one is in ${former}`}.`,
    found,
    'Servers that are up hand over what was revoked since the backup. Tokens are not restored; hosts, logins and keys',
    'since the backup are unknown, and join or log in anew: see identity.list_hosts and identity.show_authority.',
  ].join('\n');
}
