import { command, formatOptions, printResult } from '@patchbay/daemon';
import { coreError, formatAddress, parseListen, silentLog } from '@patchbay/objects';

import { initAuthority } from '../init-authority.js';
import { type RenewedAuthority, renewAuthority } from '../renew-authority.js';
import { configurationOptions, locateConfiguration, readConfiguration } from './read-configuration.js';

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
    'new-authority': {
      type: 'boolean',
      default: false,
      summary: 'Make another cluster key and root, as the cluster key was lost: all have to join anew',
    },
    ...formatOptions,
  },
  run: async (args) => {
    const { config, listen: given, 'state-dir': directory } = args;
    const { listen, stateDir, tls } = readConfiguration(
      locateConfiguration(config, { listen: given, stateDir: directory, insecure: false }),
    );
    if (tls !== undefined) {
      const message =
        'with tls, a PKI of your own issues the certificates: run nameserver start, which needs no init';
      throw coreError('CONFIG_INVALID', message);
    }
    const addresses = parseListen(listen);
    const remote = addresses.find((each) => !('path' in each));
    const address = remote === undefined ? 'ADDRESS' : formatAddress(remote);
    if (args['new-authority']) {
      const renewed = await renewAuthority({ stateDir, log: silentLog });
      const { formerKeyFile = null, adminToken = null, ...about } = renewed;
      await printResult({ ...about, formerKeyFile, adminToken }, args, renewedText(renewed, address));
      return;
    }
    const made = await initAuthority({ stateDir, name: args.name, log: silentLog });
    const { tokens, ...about } = made;
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

function renewedText(
  { cluster, keyFile, keyFingerprint, formerKeyFile, removedKeys, hosts, adminToken }: RenewedAuthority,
  address: string,
): string {
  const logins =
    adminToken === undefined
      ? ['the users log in anew, each with a token of rpcclient identity.create_token user NAME.']
      : ['the first admin logs in with', '', `    rpcclient login ${address} --token ${adminToken.token}`];
  return [
    `The cluster ${cluster} has a new root, and a new key, ${keyFile} (${keyFingerprint}). Keep a copy elsewhere.`,
    ...(formerKeyFile === undefined ? [] : [`The key that was there is in ${formerKeyFile}.`]),
    `Hosts, users and grants are kept. ${String(removedKeys)} API keys were removed: nothing opens their secrets any more.`,
    '',
    `Nobody trusts the new root yet. Start the name server; then ${logins.join('\n')}`,
    '',
    ...(hosts.length === 0 ? ['There are no hosts to join anew.'] : hostsText(hosts, address)),
  ].join('\n');
}

function hostsText(hosts: readonly string[], address: string): string[] {
  return [
    'Each host joins anew, with a token of its own:',
    '',
    ...hosts.map((host) => `    rpcclient identity.replace_host ${host}`),
    `    rpcserver join ${address} --token -`,
  ];
}

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
    `The authority of the cluster ${cluster}, whose name server is ${nameServer}, is in ${stateDir}.`,
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
