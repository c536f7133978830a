import { coreError } from '@patchbay/objects';
import { arg, bytesSchema, durationSchema, method } from '@patchbay/objects/define';
import { z } from 'zod';

import { storageError } from '../../errors.js';
import { snapshotReference } from '../../names.js';
import { mintBootToken } from '../../provision/boot-tokens.js';
import { type ReclaimPolicy, detachNode } from '../../provision/detach-node.js';
import { requireReadyNode } from '../../provision/node-lookup.js';
import { provisionNode } from '../../provision/provision-node.js';
import { renameNode } from '../../provision/rename-node.js';
import { nodeResource } from '../../provision/resources.js';
import { rotateCredentials } from '../../provision/rotate-credentials.js';
import {
  nodeCredentials,
  nodeDetails,
  nodeView,
  provisionedNode,
  viewCredentials,
  viewDetails,
  viewNode,
  viewNodes,
  viewProvisioned,
} from '../../views/node-view.js';
import type { StorageServices } from '../storage-services.js';
import { flag, image, initiatorOptions, newNode, node, timeLimits, values } from './arguments.js';

const detached = z.object({
  node: z.string(),
  detached: z.boolean().describe('false when the node was detached already'),
  diskId: z.string().optional(),
  diskKept: z.boolean(),
  trashedUntil: z.iso.datetime().optional().describe('until when the disk can be restored from the trash'),
  snapshots: z.array(z.string()).describe('snapshots of the node that stay until delete_snapshot'),
});

// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the methods' types are inferred from their schemas
export function nodeMethods(services: StorageServices) {
  const { catalog, operations, bootTokens } = services;
  return {
    provision: method({
      summary: 'Provision a node with a disk of its own, cloned from an image or a snapshot, over iSCSI',
      args: [
        node,
        image,
        arg(
          'snapshot',
          snapshotReference.meta({ values: values.snapshots }).optional(),
          'clone this snapshot of a disk that came from the image: NODE@NAME, or NAME if only one node has it',
        ),
      ],
      options: {
        sizeBytes: bytesSchema()
          .optional()
          .describe("the disk's size, rounded up to whole sectors; default: that of what it is cloned from"),
        ephemeral: flag('begin each boot with a fresh clone'),
        ...initiatorOptions,
      },
      returns: provisionedNode,
      idempotent: true,
      timeoutMs: timeLimits.copying,
      run: async (node, image, snapshot, { sizeBytes, ephemeral, ...target }, { signal }) => {
        const request = { node, image, snapshot, sizeBytes, ephemeral, ...target };
        return await viewProvisioned(services, await provisionNode(services, request, signal));
      },
    }),
    show_credentials: method({
      summary: "Show a node's CHAP user and secret, which no other method shows",
      args: [node],
      returns: nodeCredentials,
      idempotent: true,
      run: (node) => viewCredentials(catalog, node),
    }),
    rotate_credentials: method({
      summary: 'Set a new CHAP secret for a node; show_credentials shows it',
      args: [node],
      options: {
        force: flag('also while the node is connected, which cuts it off until it has the new secret'),
      },
      returns: z.object({ node: z.string(), chapUser: z.string() }),
      timeoutMs: timeLimits.changing,
      run: async (node, { force }, { signal }) => {
        const { target } = await rotateCredentials(services, node, force, signal);
        return { node, chapUser: target.chap.user };
      },
    }),
    detach_node: method({
      summary:
        "Cut a node's session, remove its target, and put its disk into the trash; its snapshots stay; fine when it has none",
      args: [node],
      options: {
        keepDisk: flag('keep the disk: the next provision of the node from the same image takes it again'),
        trashMs: durationSchema()
          .optional()
          .describe(
            "keep the disk in the trash for this time, such as 7d, during which it can be restored; default: the object's, a day",
          ),
        now: flag('delete the disk at once, for good'),
        force: flag('cancel what is under way on the node first, instead of being refused'),
      },
      destructive: true,
      returns: detached,
      idempotent: true,
      timeoutMs: timeLimits.changing,
      run: async (node, { keepDisk, trashMs, now, force }, { signal }) => {
        const policy = reclaimPolicyOf({ keepDisk, trashMs, now }, services.trashMs);
        if (force) {
          await operations.interrupt(nodeResource(node));
        }
        const { trashedUntilMs, ...result } = await detachNode(services, node, policy, signal);
        return {
          ...result,
          ...(trashedUntilMs === undefined ? {} : { trashedUntil: new Date(trashedUntilMs).toISOString() }),
          snapshots: [...result.snapshots],
        };
      },
    }),
    rename_node: method({
      summary: 'Rename a node, with its disk, secret, snapshots and schedules',
      args: [node, newNode],
      options: {
        force: flag('also while the node is connected by an initiator name that changes, which cuts it off'),
      },
      returns: nodeView,
      idempotent: true,
      timeoutMs: timeLimits.changing,
      run: async (node, to, { force }, { signal }) => {
        await renameNode(services, { node, to, force }, signal);
        return await viewNode(services, to);
      },
    }),
    renew_boot_token: method({
      summary: "Make a new one-time token for a node's boot script; the one that it has becomes worthless",
      args: [node],
      returns: z.object({ node: z.string(), bootToken: z.string() }),
      idempotent: true,
      run: async (node) => {
        if (!bootTokens) {
          throw storageError(
            'BOOT_TOKENS_OFF',
            'boot scripts are handed out without tokens here; set boot.token in the options of the storage object',
          );
        }
        const bootToken = await catalog.transact(async (tx) => {
          await requireReadyNode(tx, node);
          return mintBootToken(tx, node);
        });
        return { node, bootToken };
      },
    }),
    list_nodes: method({
      summary: 'List the nodes with their disks, including kept ones',
      access: 'view',
      args: [
        arg('pattern', z.string().max(63).optional(), 'only nodes whose names match this glob, with * and ?'),
      ],
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
      run: (filter, options) => viewNodes(services, { filter, ...options }),
    }),
    show_node: method({
      summary: 'Show a node: its state, disk, target, sessions and alerts',
      access: 'view',
      args: [node],
      returns: nodeDetails,
      idempotent: true,
      run: (node) => viewDetails(services, node),
    }),
  };
}

function reclaimPolicyOf(
  options: { readonly keepDisk: boolean; readonly trashMs: number | undefined; readonly now: boolean },
  defaultTrashMs: number,
): ReclaimPolicy {
  const { keepDisk, trashMs, now } = options;
  const given = Object.entries(options).flatMap(([name, value]) =>
    value === undefined || value === false ? [] : [name],
  );
  if (given.length > 1) {
    throw coreError(
      'ARGUMENT_INVALID',
      'keep the disk, put it into the trash, or delete it now: one of them',
      {
        details: { options: given },
      },
    );
  }
  const forMs = now ? 0 : (trashMs ?? defaultTrashMs);
  return keepDisk ? { kind: 'keep' } : forMs === 0 ? { kind: 'delete' } : { kind: 'trash', forMs };
}
