import { z } from 'zod';

import type { ValuesFrom } from '@patchbay/objects';
import { arg } from '@patchbay/objects/define';

import { conflictPolicy } from '../../sessions/conflict-policy.js';
import { imageName, iqn, macAddress, nodeName, snapshotName } from '../../names.js';

/** Where completion and forms find the values of existing resources; names of new ones have none. */
export const values = {
  images: { method: 'list_all_images', field: 'name' },
  nodes: { method: 'list_nodes', field: 'node' },
  snapshots: { method: 'list_snapshots', template: '{node}@{name}' },
  disks: { method: 'list_disks', field: 'diskId' },
  trash: { method: 'list_trash', field: 'diskId' },
  orphans: { method: 'list_orphans', field: 'orphan' },
  schedulesOfNode: { method: 'list_schedules', field: 'name', with: ['node'] },
  snapshotsOfNode: { method: 'list_snapshots', field: 'name', with: ['node'] },
} satisfies Record<string, ValuesFrom>;

/** The time limits of methods that may take longer than a minute, in milliseconds. */
export const timeLimits = {
  /** Of those that change resources: they wait for a tgtd, and delete files. */
  changing: 10 * 60_000,
  /** Of those that go through the whole pool. */
  upkeep: 3_600_000,
  /** Of those that copy a disk or an image where the filesystem cannot clone. */
  copying: 24 * 3_600_000,
};

export const newImage = arg('image', imageName, "the image's name");
export const image = arg('image', imageName.meta({ values: values.images }), "the image's name");
/** A node's name, often that of an existing one. */
export const existingNode = nodeName.meta({ values: values.nodes });
export const node = arg('node', existingNode, "the node's name, like a host name");
export const newNode = arg('to', nodeName, 'its new name, like a host name');
export const diskId = z.uuid('must be the id of a disk, as list_disks shows it');
/** A switch that is off unless it is given. */
export const flag = (text: string): z.ZodDefault<z.ZodBoolean> => z.boolean().default(false).describe(text);
/** By what a node is told from others. */
export const initiatorOptions = {
  initiator: iqn
    .optional()
    .describe('the initiator name that the node logs in with; default: PREFIX:node.NODE'),
  mac: macAddress
    .optional()
    .describe('the MAC address of the network card that gets the boot script of the node'),
  onConflict: conflictPolicy
    .optional()
    .describe(
      "when several machines log in by this node's name: only report it, keep the first, or replace it by the last; default: as the options of the object say. It can be changed by another call",
    ),
};
export const newSnapshot = arg('name', snapshotName, "the snapshot's name");
/** A snapshot of the node that is the argument before it. */
export const snapshot = arg(
  'name',
  snapshotName.meta({ values: values.snapshotsOfNode }),
  "the snapshot's name",
);
