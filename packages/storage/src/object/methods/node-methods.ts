import { z } from 'zod';

import { coreError } from '@patchbay/objects';
import { arg, bytesSchema, durationSchema, method } from '@patchbay/objects/define';

import { iqn, macAddress, snapshotReference } from '../../names.js';
import { detachNode, type DiskFate } from '../../provision/detach-node.js';
import { moveNode } from '../../provision/move-node.js';
import { nodeThing, type Parts } from '../../provision/parts.js';
import { NodeProvisioner } from '../../provision/provision-node.js';
import { rotateCredentials } from '../../provision/rotate-credentials.js';
import { nodeCredentials, viewCredentials } from '../../views/credentials-view.js';
import { matchesGlob } from '../../views/glob.js';
import { nodeView, provisionedNode, viewNode, viewNodes, viewProvisioned } from '../../views/node-view.js';
import { image, newNode, node, values } from './arguments.js';

const detached = z.object({
  node: z.string(),
  detached: z.boolean().describe('false when the node was so already'),
  diskId: z.string().optional(),
  diskKept: z.boolean(),
  trashedUntil: z.iso.datetime().optional().describe('until when the disk can be restored from the trash'),
  snapshots: z.array(z.string()).describe('snapshots of the node that stay until delete_snapshot'),
});

/** Makes the methods that concern nodes and their disks. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the methods' types are inferred from their schemas
export function nodeMethods(parts: Parts) {
  const provisioner = new NodeProvisioner(parts);
  return {
    provision: method({
      summary: 'Give a node a disk of its own, cloned from an image or a snapshot, over iSCSI',
      args: [
        node,
        image,
        arg(
          'snapshot',
          snapshotReference.meta({ values: values.snapshots }).optional(),
          'clone this snapshot of a disk that came from the image: NODE@NAME, or NAME where one node has it',
        ),
      ],
      options: {
        sizeBytes: bytesSchema()
          .optional()
          .describe("the disk's size, rounded up to whole sectors; default: that of what it is cloned from"),
        ephemeral: z.boolean().default(false).describe('begin each boot with a fresh clone'),
        initiator: iqn
          .optional()
          .describe('the initiator name that the node logs in with; default: PREFIX:node.NODE'),
        mac: macAddress
          .optional()
          .describe('the MAC address of the network card that may have the boot script of the node'),
      },
      returns: provisionedNode,
      idempotent: true,
      run: async (node, image, snapshot, { sizeBytes, ephemeral, initiator, mac }, { signal }) => {
        const request = { node, image, snapshot, sizeBytes, ephemeral, initiator, mac };
        const made = await provisioner.provision(request, signal);
        return viewProvisioned(made, parts.exports.portalOf(made));
      },
    }),
    show_credentials: method({
      summary: "Show a node's CHAP user and secret; nothing else shows a secret",
      args: [node],
      returns: nodeCredentials,
      idempotent: true,
      run: (node) => viewCredentials(parts.catalog, node),
    }),
    rotate_credentials: method({
      summary: 'Give a node a new CHAP secret; show_credentials shows it',
      args: [node],
      options: {
        force: z
          .boolean()
          .default(false)
          .describe('also while the node is connected, which cuts it off until it has the new secret'),
      },
      returns: z.object({ node: z.string(), chapUser: z.string() }),
      run: async (node, { force }, { signal }) => {
        const { target } = await rotateCredentials(parts, node, force, signal);
        return { node, chapUser: target.chap.user };
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
        trashMs: durationSchema()
          .optional()
          .describe('put the disk into the trash for this time, such as 7d, from where it can be restored'),
        force: z
          .boolean()
          .default(false)
          .describe('cancel what is under way on the node first, instead of being refused'),
      },
      returns: detached,
      idempotent: true,
      run: async (node, { keepDisk, trashMs, force }, { signal }) => {
        const fate = fateOf(keepDisk, trashMs);
        if (force) {
          await parts.operations.interrupt(nodeThing(node));
        }
        const { trashedUntilMs, ...result } = await detachNode(parts, node, fate, signal);
        return {
          ...result,
          ...(trashedUntilMs === undefined ? {} : { trashedUntil: new Date(trashedUntilMs).toISOString() }),
          snapshots: [...result.snapshots],
        };
      },
    }),
    move_node: method({
      summary: 'Give a node another name, with its disk, secret, snapshots and schedules',
      args: [node, newNode],
      options: {
        force: z
          .boolean()
          .default(false)
          .describe('also while the node is connected by a name that changes, which cuts it off'),
      },
      returns: nodeView,
      idempotent: true,
      run: async (node, to, { force }, { signal }) => {
        await moveNode(parts, { node, to, force }, signal);
        return await viewNode(parts, to);
      },
    }),
    list_nodes: method({
      summary: 'List the nodes with their disks, also disks that were kept',
      args: [arg('pattern', z.string().max(63).optional(), 'only nodes whose names are like this: * and ?')],
      options: {
        state: nodeView.shape.state.optional().describe('only nodes in this state'),
        image: image.schema.optional().describe('only nodes whose disks came from this image'),
        connected: z
          .boolean()
          .optional()
          .describe('only nodes that are connected; --no-connected: that are not'),
      },
      returns: z.array(nodeView),
      idempotent: true,
      run: async (pattern, { state, image, connected }) => {
        const all = await viewNodes(parts);
        return all.filter(
          (view) =>
            (pattern === undefined || matchesGlob(view.node, pattern)) &&
            (state === undefined || view.state === state) &&
            (image === undefined || view.image === image) &&
            (connected === undefined || view.connected.length > 0 === connected),
        );
      },
    }),
    show_node: method({
      summary: 'Show one node: its state, disk, target and connected initiators',
      args: [node],
      returns: nodeView,
      idempotent: true,
      run: (node) => viewNode(parts, node),
    }),
  };
}

function fateOf(keepDisk: boolean, trashMs: number | undefined): DiskFate {
  if (keepDisk && trashMs !== undefined) {
    throw coreError('ARGUMENT_INVALID', 'keep the disk or put it into the trash, not both', {
      details: { options: ['keepDisk', 'trashMs'] },
    });
  }
  if (trashMs !== undefined) {
    return { kind: 'trash', forMs: trashMs };
  }
  return { kind: keepDisk ? 'keep' : 'delete' };
}
