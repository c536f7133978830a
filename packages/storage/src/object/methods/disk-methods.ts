import { z } from 'zod';

import { arg, bytesSchema, method } from '@patchbay/objects/define';

import { trash } from '../../catalog/tables.js';
import { shownFailure } from '../../pool/status.js';
import { attachDisk } from '../../provision/attach-disk.js';
import { resizeDisk } from '../../provision/resize-disk.js';
import { deleteTrashed, restoreFromTrash } from '../../provision/trash.js';
import { diskView, viewDiskOf, viewDisks, viewTrash } from '../../views/disk-view.js';
import { provisionedNode, viewProvisioned } from '../../views/node-view.js';
import type { StorageServices } from '../storage-services.js';
import { type Failure, partlyFailed } from '../partly-failed.js';
import { diskId, existingNode, initiatorOptions, node, timeLimits, values } from './arguments.js';

// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the methods' types are inferred from their schemas
export function diskMethods(services: StorageServices) {
  return {
    list_disks: method({
      summary: 'List the disks: those of nodes, kept ones, and those in the trash',
      access: 'view',
      options: { state: diskView.shape.state.optional().describe('only disks in this state') },
      returns: z.array(diskView),
      idempotent: true,
      run: async ({ state }) =>
        (await viewDisks(services)).filter((view) => state === undefined || view.state === state),
    }),
    attach_disk: method({
      summary: 'Attach a kept disk to a node that has none, the same node as before or another',
      args: [
        arg('disk', diskId.meta({ values: values.disks }), "the disk's id, as list_disks shows it"),
        node,
      ],
      options: initiatorOptions,
      returns: provisionedNode,
      idempotent: true,
      timeoutMs: timeLimits.changing,
      run: async (diskId, node, target, { signal }) =>
        viewProvisioned(services, await attachDisk(services, { diskId, node, ...target }, signal)),
    }),
    resize_disk: method({
      summary: "Make a node's disk larger, also while the node is connected",
      args: [node, arg('sizeBytes', bytesSchema(), 'the new size, rounded up to whole sectors')],
      returns: provisionedNode,
      idempotent: true,
      timeoutMs: timeLimits.changing,
      run: async (node, sizeBytes, { signal }) =>
        viewProvisioned(services, await resizeDisk(services, node, sizeBytes, signal)),
    }),
    list_trash: method({
      summary: 'List the disks in the trash, the next to be deleted first',
      access: 'view',
      returns: z.array(diskView),
      idempotent: true,
      run: () => viewTrash(services),
    }),
    restore_from_trash: method({
      summary:
        'Take a disk out of the trash; it is kept then, for provision or attach_disk to attach it to a node',
      args: [arg('disk', diskId.meta({ values: values.trash }), "the disk's id, as list_trash shows it")],
      options: {
        node: existingNode.optional().describe('the node to keep it for; default: the one that had it'),
      },
      returns: diskView,
      idempotent: true,
      timeoutMs: timeLimits.changing,
      run: async (disk, { node }, { signal }) =>
        viewDiskOf(services, await restoreFromTrash(services, disk, node, signal)),
    }),
    empty_trash: method({
      summary: 'Delete the disks in the trash for good, or only the one named',
      args: [
        arg(
          'disk',
          diskId.meta({ values: values.trash }).optional(),
          "the disk's id, as list_trash shows it; without it, all of them",
        ),
      ],
      destructive: true,
      returns: z.object({ deleted: z.array(z.string()) }),
      idempotent: true,
      timeoutMs: timeLimits.upkeep,
      run: async (disk, { signal }) => {
        if (disk !== undefined) {
          return { deleted: (await deleteTrashed(services, disk, signal)) ? [disk] : [] };
        }
        return { deleted: await emptyTrash(services, signal) };
      },
    }),
  };
}

/** Deletes all disks in the trash, also when some cannot be deleted. @throws RpcError `PARTLY_FAILED` */
async function emptyTrash(services: StorageServices, signal: AbortSignal): Promise<string[]> {
  const deleted: string[] = [];
  const failed: (Failure & { disk: string })[] = [];
  for (const { key: disk } of await services.catalog.list(trash)) {
    try {
      if (await deleteTrashed(services, disk, signal)) {
        deleted.push(disk);
      }
    } catch (error) {
      signal.throwIfAborted();
      failed.push({ disk, ...shownFailure(error) });
      services.log.warn('cannot delete one of the disks in the trash', { diskId: disk, error });
    }
  }
  if (failed.length > 0) {
    const all = deleted.length + failed.length;
    const done = `deleted ${String(deleted.length)} of ${String(all)} disks in the trash`;
    throw partlyFailed(done, 'disk', { deleted, failed });
  }
  return deleted;
}
