import { z } from 'zod';

import { addressSetting, logSettings } from '@patchbay/daemon';
import { parseAddress, parseServerAddress } from '@patchbay/objects';
import { durationSchema } from '@patchbay/objects/define';

const socketFile = addressSetting((text) => {
  if (!('path' in parseAddress(text))) {
    throw new Error('must be a socket file of this machine, unix:/PATH');
  }
});

/** The schema of an agent's configuration file; docs/reference/configuration.md is checked against it. */
export const hostConfiguration = z.strictObject({
  nameServer: addressSetting(parseServerAddress)
    .optional()
    .describe('the name server, if it is not found otherwise'),
  identity: z
    .string()
    .min(1)
    .default('/var/lib/patchbay/rpcserver/identity.json')
    .describe('the identity of this host, which its RPC server keeps; it is read, and never written'),
  servers: z
    .array(socketFile)
    .min(1)
    .max(64)
    .default(['unix:/run/patchbay/rpcserver/socket'])
    .describe('the socket files of the RPC servers of this machine whose objects jobs may call'),
  stateDir: z
    .string()
    .min(1)
    .default('/var/lib/patchbay/host')
    .describe('the directory for what the agent has begun and not reported'),
  slots: z.int().min(1).max(1_000).default(4).describe('how many jobs are made at once'),
  drain: durationSchema().default(10_000).describe('how long a shutdown waits for jobs that run'),
  log: logSettings.prefault({}).describe('what is logged, and where'),
});
export type HostConfiguration = z.infer<typeof hostConfiguration>;
