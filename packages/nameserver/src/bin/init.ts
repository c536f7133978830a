import { command, formatOptions, printResult } from '@patchbay/daemon';
import { formatAddress, parseListen, silentLog } from '@patchbay/objects';

import { initAuthority } from '../init-authority.js';
import { configurationOptions, readConfiguration } from './read-configuration.js';

/** `nameserver init`: makes the authority of a cluster. */
export const init = command({
  name: 'init',
  summary: 'Make the authority of a new cluster, and print the tokens that it begins with',
  options: {
    ...configurationOptions,
    name: {
      type: 'string',
      summary: 'The name of this name server',
      defaultNote: "the first label of the machine's name",
    },
    ...formatOptions,
  },
  run: async (args) => {
    const { listen, stateDir } = readConfiguration(
      args.config,
      { listen: args.listen, stateDir: args['state-dir'] },
      { isSecure: true },
    );
    const made = await initAuthority({ stateDir, name: args.name, log: silentLog });
    const addresses = parseListen(listen);
    const remote = addresses.find((each) => !('path' in each));
    const { tokens, ...about } = made;
    const address = remote === undefined ? 'ADDRESS' : formatAddress(remote);
    await printResult(
      {
        ...about,
        address: remote === undefined ? '' : address,
        hostToken: tokens.host,
        adminToken: tokens.admin,
      },
      args,
      textOf({ ...made, address, stateDir }),
    );
  },
});

function textOf({
  cluster,
  nameServer,
  keyFile,
  keyFingerprint,
  tokens,
  address,
  stateDir,
}: Awaited<ReturnType<typeof initAuthority>> & {
  readonly address: string;
  readonly stateDir: string;
}): string {
  return [
    `Made the authority of the cluster ${cluster}, whose name server is ${nameServer}, in ${stateDir}.`,
    '',
    `Its key is ${keyFile} (${keyFingerprint}). Keep a copy elsewhere: without it, a backup is worth nothing.`,
    '',
    'Start it with the same --state-dir and --listen, then, within an hour, on a further host:',
    '',
    `    rpcserver join ${address} --token ${tokens.host.token}`,
    '',
    'and as the first admin:',
    '',
    `    rpcclient login ${address} --token ${tokens.admin.token}`,
    '',
    'More tokens: rpcclient identity.create_token host',
  ].join('\n');
}
