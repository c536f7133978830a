import { arg, bytesSchema, defineObject, method, type SignaturesOf } from '@patchbay/core';
import { z } from 'zod';

import { imageName, iqn, nodeName, snapshotName, snapshotReference } from '../names.js';
import { detachNode } from '../provision/detach-node.js';
import { Images } from '../provision/images.js';
import { requireReadyNode } from '../provision/node-lookup.js';
import { type Parts } from '../provision/parts.js';
import { NodeProvisioner } from '../provision/provision-node.js';
import { Snapshots } from '../provision/snapshots.js';
import { type Reconciler } from '../reconcile/reconciler.js';
import { reconcileReport } from '../reconcile/report.js';
import { imageRow, imageView, viewImage, viewImages } from '../views/image-view.js';
import { nodeView, provisionedNode, viewNode, viewNodes, viewProvisioned } from '../views/node-view.js';
import { snapshotView, viewSnapshot } from '../views/snapshot-view.js';

const image = arg('image', imageName, "the image's name");
const node = arg('node', nodeName, "the node's name, like a host name");
const snapshot = arg('name', snapshotName, "the snapshot's name");

const importProgress = z.object({
  phase: z.enum(['download', 'read', 'convert']),
  doneBytes: z.int(),
  totalBytes: z.int().optional(),
});

const detached = z.object({
  node: z.string(),
  detached: z.boolean().describe('false when the node was so already'),
  diskId: z.string().optional(),
  diskKept: z.boolean(),
  snapshots: z.array(z.string()).describe('snapshots of the node that stay until delete_snapshot'),
});

/** Makes the storage object out of its parts. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the methods' types are inferred from their schemas
export function defineStorage(parts: Parts, reconciler: Reconciler, close: () => Promise<void>) {
  const images = new Images(parts);
  const provisioner = new NodeProvisioner(parts);
  const snapshots = new Snapshots(parts);
  return defineObject({
    summary: 'Gives diskless nodes their disks: clones of images, each exported over iSCSI to one node alone',
    close,
    methods: {
      import_image: method({
        summary: 'Import a disk image; one that was imported from the same source stays as it is',
        args: [
          image,
          arg(
            'source',
            z.string().min(1).max(4096),
            "an http(s) URL, or an absolute path on the server's host; raw, qcow2, vmdk, vdi, vhdx or vpc",
          ),
        ],
        options: {
          sha256: z
            .string()
            .regex(/^[0-9a-fA-F]{64}$/, 'must be 64 hexadecimal digits')
            .optional()
            .describe('what the SHA-256 of the source must be'),
        },
        yields: importProgress,
        returns: imageView,
        idempotent: true,
        run: async function* (name, source, { sha256 }, { signal }) {
          return await viewImage(parts, yield* images.import({ name, source, sha256 }, signal));
        },
      }),
      list_all_images: method({
        summary: 'List the images',
        returns: z.array(imageRow),
        idempotent: true,
        run: () => viewImages(parts),
      }),
      delete_image: method({
        summary:
          'Delete an image; refused while disks or snapshots were made from it; fine when there is none',
        args: [image],
        returns: z.object({ name: z.string(), deleted: z.boolean() }),
        idempotent: true,
        run: async (name, { signal }) => ({ name, deleted: await images.delete(name, signal) }),
      }),
      provision: method({
        summary: 'Give a node a disk of its own, cloned from an image or a snapshot, over iSCSI',
        args: [
          node,
          image,
          arg(
            'snapshot',
            snapshotReference.optional(),
            'clone this snapshot of a disk that came from the image: NODE@NAME, or NAME where one node has it',
          ),
        ],
        options: {
          sizeBytes: bytesSchema()
            .optional()
            .describe(
              "the disk's size, rounded up to whole sectors; default: that of what it is cloned from",
            ),
          initiator: iqn
            .optional()
            .describe('the initiator name that the node logs in with; default: PREFIX:node.NODE'),
        },
        returns: provisionedNode,
        idempotent: true,
        run: async (node, image, snapshot, { sizeBytes, initiator }, { signal }) => {
          const request = { node, image, snapshot, sizeBytes, initiator };
          return viewProvisioned(await provisioner.provision(request, signal), parts.exports.portal);
        },
      }),
      show_credentials: method({
        summary: "Show a node's CHAP user and secret; nothing else shows a secret",
        args: [node],
        returns: z.object({ node: z.string(), chapUser: z.string(), chapSecret: z.string() }),
        idempotent: true,
        run: async (node) => {
          const { target } = await requireReadyNode(parts.catalog, node);
          return { node, chapUser: target.chap.user, chapSecret: target.chap.secret };
        },
      }),
      detach_node: method({
        summary:
          "Cut a node's session, and remove its target and disk; its snapshots stay; fine when it has none",
        args: [node],
        options: {
          keepDisk: z
            .boolean()
            .default(false)
            .describe('keep the disk: the next provision of the node from the same image takes it again'),
        },
        returns: detached,
        idempotent: true,
        run: async (node, { keepDisk }, { signal }) => {
          const result = await detachNode(parts, node, keepDisk, signal);
          return { ...result, snapshots: [...result.snapshots] };
        },
      }),
      create_snapshot: method({
        summary: "Take a snapshot of a node's disk as it is at this moment, also while it is written",
        args: [node, snapshot],
        returns: snapshotView,
        idempotent: true,
        run: async (node, name, { signal }) =>
          viewSnapshot(parts, await snapshots.create(node, name, signal)),
      }),
      list_snapshots: method({
        summary: 'List the snapshots of a node, the oldest first, also those of a disk that it had before',
        args: [node],
        returns: z.array(snapshotView),
        idempotent: true,
        run: async (node) =>
          Promise.all((await snapshots.list(node)).map((record) => viewSnapshot(parts, record))),
      }),
      delete_snapshot: method({
        summary: 'Delete a snapshot; disks cloned from it are whole without it; fine when there is none',
        args: [node, snapshot],
        returns: z.object({ node: z.string(), name: z.string(), deleted: z.boolean() }),
        idempotent: true,
        run: async (node, name, { signal }) => ({
          node,
          name,
          deleted: await snapshots.delete(node, name, signal),
        }),
      }),
      list_nodes: method({
        summary: 'List the nodes with their disks, also disks that were kept',
        returns: z.array(nodeView),
        idempotent: true,
        run: () => viewNodes(parts),
      }),
      show_node: method({
        summary: 'Show one node: its state, disk, target and connected initiators',
        args: [node],
        returns: nodeView,
        idempotent: true,
        run: (node) => viewNode(parts, node),
      }),
      reconcile: method({
        summary: 'Compare the pool and the targets with the catalog now, and put right what differs',
        returns: reconcileReport,
        idempotent: true,
        run: () => reconciler.run(),
      }),
    },
  });
}

/** The storage object's methods, for a client's proxy. */
export type Storage = SignaturesOf<ReturnType<typeof defineStorage>>;
