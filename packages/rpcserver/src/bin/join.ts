import { resolve } from 'node:path';

import { command, installedSettings, interruptible } from '@patchbay/daemon';
import { coreError, findNameServer, formatDuration } from '@patchbay/objects';
import { escapeControls, readSecret } from '@patchbay/terminal';

import { joinHost, type KeyFiles } from '../join-host.js';
import { baseDirOf, readSettings } from './read-configuration.js';

/** `rpcserver join`: enrols this host with a name server. */
export const joinCommand = command({
  name: 'join',
  summary: "Enrol this host with a name server, which gives it the identity of its cluster's member",
  args: {
    address: {
      type: 'string',
      summary: 'The name server: HOST:PORT, or unix:/PATH, where no token is needed',
      defaultNote: 'as commands find it',
    },
  },
  options: {
    token: {
      type: 'string',
      summary: 'The token, or - to type it unseen or to pipe it in',
      placeholder: 'TOKEN',
    },
    name: {
      type: 'string',
      summary: "The host's name",
      defaultNote: 'that of the token, else of the machine',
    },
    'private-key': {
      type: 'string',
      placeholder: 'FILE',
      summary: 'A private key of P-256 that was made elsewhere, in PEM; takes --public-key',
      defaultNote: 'one is made',
    },
    'public-key': { type: 'string', placeholder: 'FILE', summary: 'Its public key, in PEM' },
    config: { type: 'string', placeholder: 'FILE', summary: 'The configuration with the state directory' },
    'state-dir': {
      type: 'string',
      placeholder: 'DIRECTORY',
      summary: 'The state directory, which keeps the identity',
      defaultNote: "that of the configuration, of the installed one, or as root root's",
    },
  },
  run: async ({ address, token, name, config, 'state-dir': stateDir, ...files }) => {
    const keys = keyFiles(files['private-key'], files['public-key']);
    const nameServer = findNameServer(address);
    const secret = token === '-' ? await readSecret('the token', process.stdin, process.stderr) : token;
    const say = (text: string): void => {
      process.stderr.write(`${escapeControls(text)}\n`);
    };
    const directory = stateDirectory(config, stateDir);
    await interruptible(async (signal) => {
      const { identity, enrolment } = await joinHost({
        ...{ address: nameServer, token: secret, name, keys, stateDir: directory, signal },
        onSkew: (aheadMs) => {
          const way = aheadMs > 0 ? 'ahead of' : 'behind';
          say(
            `warning: this clock is ${roughly(Math.abs(aheadMs))} ${way} the name server's: set the wrong one`,
          );
        },
        onPending: (pending, fingerprint) => {
          say(`waiting until an admin runs: rpcclient identity.approve ${pending} ${fingerprint}`);
        },
      });
      const who = `host:${identity.name} of the cluster ${identity.cluster}`;
      if (enrolment === undefined) {
        say(`this host is enrolled already, as ${who}; nothing was done`);
        return;
      }
      const groups = enrolment.groups.length === 0 ? 'in no group' : `in ${enrolment.groups.join(', ')}`;
      const life = roughly(enrolment.remainingMs ?? 0);
      say(
        `enrolled as ${who}, ${groups}; the certificate is good for ${life}, and a running server renews it`,
      );
    });
  },
});

/** @throws RpcError `ARGUMENT_MISSING` where one of the two is missing */
function keyFiles(privateKey: string | undefined, publicKey: string | undefined): KeyFiles | undefined {
  if (privateKey === undefined && publicKey === undefined) {
    return undefined;
  }
  if (privateKey === undefined || publicKey === undefined) {
    throw coreError('ARGUMENT_MISSING', '--private-key and --public-key are given together');
  }
  return { privateKey, publicKey };
}

/** Returns the state directory that is meant. @throws RpcError `ARGUMENT_MISSING` */
function stateDirectory(config: string | undefined, stateDir: string | undefined): string {
  if (stateDir !== undefined) {
    return resolve(stateDir);
  }
  const { file, stateDir: ofRoot } = config === undefined ? installedSettings('rpcserver') : { file: config };
  const directory = file === undefined ? ofRoot : resolve(baseDirOf(file), readSettings(file).stateDir);
  if (directory === undefined) {
    throw coreError(
      'ARGUMENT_MISSING',
      'which server is to join? Give --config FILE or --state-dir DIRECTORY',
    );
  }
  return directory;
}

/** Formats a duration to the minute. */
function roughly(ms: number): string {
  return formatDuration(Math.round(ms / 60_000) * 60_000);
}
