import { isAbsolute } from 'node:path';

import { coreError, durationSchema } from '@patchbay/core';
import { z } from 'zod';

import { iqn } from '../names.js';

const absolutePath = z
  .string()
  .refine((path) => isAbsolute(path) && !/[,\p{Cc}]/u.test(path), 'must be an absolute path without commas');

/** The schema of the storage object's options in the RPC server's configuration. */
export const storageOptions = z.strictObject({
  pool: absolutePath.describe(
    'the directory where images, disks and snapshots live; on XFS with reflink or on Btrfs clones are instant',
  ),
  portal: z
    .string()
    .regex(/^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):\d{1,5}$/, 'must be HOST:PORT')
    .default('127.0.0.1:3260')
    .describe('where initiators connect, HOST:PORT; the nodes must be able to reach it'),
  iqnPrefix: iqn
    .refine((prefix) => prefix.length <= 120, 'at most 120 characters')
    .default(iqn.parse('iqn.2026-11.local.patchbay'))
    .describe('what the names of our targets, and the default names of initiators, begin with'),
  onStop: z
    .enum(['keep', 'stop'])
    .default('keep')
    .describe(
      'when the server stops, keep the target daemon with its sessions for the next server, or stop it too',
    ),
  sourceDirectories: z
    .array(absolutePath)
    .optional()
    .describe("the directories of the server's host that images may be imported from; default: any"),
  graceMs: durationSchema()
    .default(60_000)
    .describe(
      'how long a target or file of ours may be without a record before it is removed, in milliseconds',
    ),
  reconcileEveryMs: durationSchema()
    .min(1000)
    .default(30_000)
    .describe('how often the pool and the targets are compared with the catalog, in milliseconds'),
});
export type StorageOptions = z.infer<typeof storageOptions>;

/** Checks the options. @throws RpcError `CONFIG_INVALID` naming each value that is wrong */
export function parseStorageOptions(options: unknown): StorageOptions {
  const parsed = storageOptions.safeParse(options);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => [...path, message].join(': '));
    throw coreError('CONFIG_INVALID', `the options of the storage object: ${problems.join('; ')}`, {
      details: { problems },
    });
  }
  return parsed.data;
}
