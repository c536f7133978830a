import { z } from 'zod';

import { arg, bytesSchema, method } from '@patchbay/objects/define';

import { trash } from '../../catalog/tables.js';
import { iqn, macAddress } from '../../names.js';
import { attachDisk } from '../../provision/attach-disk.js';
import { type Parts } from '../../provision/parts.js';
import { resizeDisk } from '../../provision/resize-disk.js';
import { deleteTrashed, restoreFromTrash } from '../../provision/trash.js';
import { diskView, viewDisks, viewOfNode, viewTrash } from '../../views/disk-view.js';
import { provisionedNode, viewProvisioned } from '../../views/node-view.js';
import { diskId, existingNode, node, values } from './arguments.js';

/** Makes the methods that concern disks apart from the nodes that have them. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the methods' types are inferred from their schemas
export function diskMethods(parts: Parts) {
  return {
    list_disks: method({
      summary: 'List the disks: those of nodes, those that were kept, and those in the trash',
      options: { state: diskView.shape.state.optional().describe('only disks in this state') },
      returns: z.array(diskView),
      idempotent: true,
      run: async ({ state }) => {
        const all = await viewDisks(parts);
        return all.filter((view) => state === undefined || view.state === state);
      },
    }),
    attach_disk: method({
      summary: 'Give a disk that was kept to a node that has none; it may be another node than before',
      args: [
        arg('disk', diskId.meta({ values: values.disks }), "the disk's id, as list_disks shows it"),
        node,
      ],
      options: {
        initiator: iqn
          .optional()
          .describe('the initiator name that the node logs in with; default: PREFIX:node.NODE'),
        mac: macAddress
          .optional()
          .describe('the MAC address of the network card that may have the boot script of the node'),
      },
      returns: provisionedNode,
      idempotent: true,
      run: async (disk, node, { initiator, mac }, { signal }) => {
        const record = await attachDisk(parts, { diskId: disk, node, initiator, mac }, signal);
        return viewProvisioned(record, parts.exports.portalOf(record));
      },
    }),
    resize_disk: method({
      summary: "Make a node's disk larger, also while the node is connected",
      args: [node, arg('sizeBytes', bytesSchema(), 'the new size, rounded up to whole sectors')],
      returns: provisionedNode,
      idempotent: true,
      run: async (node, sizeBytes, { signal }) => {
        const record = await resizeDisk(parts, node, sizeBytes, signal);
        return viewProvisioned(record, parts.exports.portalOf(record));
      },
    }),
    list_trash: method({
      summary: 'List the disks in the trash, the next to be deleted first',
      returns: z.array(diskView),
      idempotent: true,
      run: () => viewTrash(parts),
    }),
    restore_from_trash: method({
      summary:
        'Take a disk out of the trash; it is kept then, for provision or attach_disk to give it to a node',
      args: [arg('disk', diskId.meta({ values: values.trash }), "the disk's id, as list_trash shows it")],
      options: {
        node: existingNode.optional().describe('the node to keep it for; default: the one that it was of'),
      },
      returns: diskView,
      idempotent: true,
      run: async (disk, { node }, { signal }) =>
        viewOfNode(parts, await restoreFromTrash(parts, disk, node, signal)),
    }),
    empty_trash: method({
      summary: 'Delete the disks in the trash for good, or the one that is named',
      args: [
        arg(
          'disk',
          diskId.meta({ values: values.trash }).optional(),
          "the disk's id, as list_trash shows it; without it, all of them",
        ),
      ],
      returns: z.object({ deleted: z.array(z.string()) }),
      idempotent: true,
      run: async (disk, { signal }) => {
        const ids = disk === undefined ? (await parts.catalog.list(trash)).map(({ key }) => key) : [disk];
        const deleted: string[] = [];
        for (const id of ids) {
          if (await deleteTrashed(parts, id, signal)) {
            deleted.push(id);
          }
        }
        return { deleted };
      },
    }),
  };
}
