import { isAbsolute } from 'node:path';
import { z } from 'zod';

import { coreError, type RpcError } from '@patchbay/objects';
import { bytesSchema, durationSchema, readUnits } from '@patchbay/objects/define';

import { bootOptions, isWildcard } from '../boot/options.js';
import { sourceNetwork } from '../disks/import/source-networks.js';
import { iqn } from '../names.js';
import { conflictPolicy } from '../sessions/conflict-policy.js';
import { quotas } from '../pool/quotas.js';
import { portalSchema } from '../targets/tgt/portal.js';

const absolutePath = z
  .string()
  .refine((path) => isAbsolute(path) && !/[,\p{Cc}]/u.test(path), 'must be an absolute path without commas');

const portal = portalSchema
  .default('127.0.0.1:3260')
  .describe('where initiators connect, an IP address and a port; the nodes must be able to reach it');

const options = z.strictObject({
  pool: absolutePath.describe(
    'the directory where images, disks and snapshots live; on XFS with reflink or on Btrfs clones are instant',
  ),
  portal,
  targetsPerDaemon: z
    .int()
    .min(1)
    .max(1000)
    .default(250)
    .describe(
      'how many nodes one target daemon serves; the first listens at the portal, each further one at the next port',
    ),
  iqnPrefix: iqn
    .refine((prefix) => prefix.length <= 120, 'at most 120 characters')
    .default(iqn.parse('iqn.2026-11.local.patchbay'))
    .describe('the prefix of the names of our targets, and of the default names of initiators'),
  foreignAccess: z
    .enum(['remove', 'report'])
    .default('remove')
    .describe(
      'remove rules and accounts that somebody added to a target of ours by hand, with the sessions that they let in, or only report them',
    ),
  onConflict: conflictPolicy
    .default('report')
    .describe(
      "when several machines log in to one node's disk: only report it; keep the first, whose session is there; or replace it by the last. provision --on-conflict overrides it for a node",
    ),
  onStop: z
    .enum(['keep', 'stop'])
    .default('keep')
    .describe(
      'when the server stops, keep the target daemon with its sessions for the next server, or stop it too',
    ),
  sourceDirectories: z
    .array(absolutePath)
    .default([])
    .describe("the directories of the server's host whose files may be imported, as server:/PATH"),
  urlHosts: z
    .array(z.string().regex(/^(?:\*\.)?[A-Za-z0-9._:-]+$/, 'must be a host, or *.DOMAIN'))
    .optional()
    .describe('the hosts from which images may be downloaded, *.DOMAIN for all below a domain; default: any'),
  urlNetworks: z
    .array(sourceNetwork)
    .default(['public'])
    .describe(
      'the networks in which these hosts must be, such as 10.1.0.0/16; public: all that are not private',
    ),
  maxImageBytes: bytesSchema()
    .min(512)
    .default(2 ** 40)
    .describe('the maximum size of an image, and of what it is imported from'),
  highWater: z
    .number()
    .positive()
    .max(1)
    .default(0.95)
    .describe('the fraction of the pool that may be used before nothing new is taken in'),
  quotas: quotas
    .default({})
    .describe(
      "the limits of projects, by the prefix of their nodes' names: { lab-: { disks: 10, bytes: 1TiB } }",
    ),
  backupDirectory: absolutePath
    .optional()
    .describe("where backups of the catalog are written; default: backups in the object's state directory"),
  graceMs: durationSchema()
    .default(60_000)
    .describe(
      'how long a target or file of ours may be without a record before the target is removed and the file set aside, in milliseconds',
    ),
  trash: durationSchema()
    .default(24 * 3_600_000)
    .describe(
      'how long the disk of a detached node stays in the trash, while the server runs; emptied earlier, the oldest disk first, when the pool needs the room; 0: it is deleted at once',
    ),
  keepOrphans: durationSchema()
    .default(7 * 24 * 3_600_000)
    .describe(
      'how long a file of ours without a record is kept where the reconciler set it aside, while the server runs',
    ),
  reconcileEveryMs: durationSchema()
    .min(1000)
    .default(30_000)
    .describe('how often the pool and the targets are compared with the catalog, in milliseconds'),
  boot: bootOptions
    .optional()
    .describe('serve boot scripts, health and metrics over HTTP; default: they are not served'),
});

/** The schema of the storage object's options in the RPC server's configuration. */
export const storageOptions = options.refine(
  ({ portal, boot }) => boot === undefined || boot.advertise !== undefined || !isWildcard(portal),
  {
    path: ['boot', 'advertise'],
    message:
      'is required where the portal is every address of the machine, or the nodes do not know which to dial',
  },
);

/** The options of the storage object, checked. */
export type StorageOptions = z.infer<typeof storageOptions>;

/** Checks the options. @throws RpcError `CONFIG_INVALID` naming each value that is wrong */
export function parseStorageOptions(options: unknown): StorageOptions {
  const parsed = storageOptions.safeParse(readUnits(storageOptions, options));
  if (!parsed.success) {
    throw invalidOptions(parsed.error.issues);
  }
  return parsed.data;
}

/** What is wrong with one of the options. */
export interface OptionIssue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Makes the error about invalid options. */
export function invalidOptions(issues: readonly OptionIssue[]): RpcError {
  const problems = issues.map(({ path, message }) => [...path.map(String), message].join(': '));
  return coreError('CONFIG_INVALID', `the options of the storage object: ${problems.join('; ')}`, {
    details: { issues: issues.map(({ path, message }) => ({ path, message })) },
  });
}
