import { resolve } from 'node:path';

import { command, interruptible, nameServerAdvice, printResult } from '@patchbay/daemon';

import { backUpNameServer } from '../ask-backup.js';
import { reachNameServer } from '../client.js';
import { callingOptions } from './calling.js';

/** `nameserver backup`: writes what a running name server keeps to a file. */
export const backup = command({
  name: 'backup',
  summary: 'Write a backup of a running name server to a new file; for admins',
  args: { file: { type: 'string', required: true, summary: 'The file to create' } },
  options: callingOptions,
  run: async (args) => {
    const file = resolve(args.file);
    try {
      const { address, ...dial } = await reachNameServer(args['name-server'], args.insecure);
      const { about } = await interruptible((signal) => backUpNameServer(address, file, { ...dial, signal }));
      const keyFingerprint = about.clusterKey ?? '';
      await printResult({ file, keyFingerprint }, args, textOf(file, keyFingerprint));
    } catch (error) {
      throw nameServerAdvice(error);
    }
  },
});

function textOf(file: string, keyFingerprint: string): string {
  return [
    `${file} is written and verified.`,
    `The cluster key ${keyFingerprint} opens it: cluster.key in the state directory of the name server.`,
    'Without that key the backup is worth nothing; keep a copy of it, elsewhere.',
  ].join('\n');
}
