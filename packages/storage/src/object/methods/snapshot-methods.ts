import { arg, method } from '@patchbay/objects/define';
import { z } from 'zod';

import { restoreSnapshot } from '../../provision/replace-disk.js';
import { Snapshots } from '../../provision/snapshots.js';
import { snapshotView, viewSnapshot, viewSnapshots } from '../../views/snapshot-view.js';
import type { StorageServices } from '../storage-services.js';
import { existingNode, newSnapshot, node, snapshot, timeLimits } from './arguments.js';

// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the methods' types are inferred from their schemas
export function snapshotMethods(services: StorageServices) {
  const snapshots = new Snapshots(services);
  return {
    create_snapshot: method({
      summary: "Take a snapshot of a node's disk as it is at this moment, also while it is written",
      args: [node, newSnapshot],
      returns: snapshotView,
      idempotent: true,
      timeoutMs: timeLimits.copying,
      run: async (node, name, { signal }) =>
        viewSnapshot(services, await snapshots.create(node, name, signal)),
    }),
    list_snapshots: method({
      summary:
        'List the snapshots of a node, or of all, the oldest first, including those of disks that it had before',
      access: 'view',
      args: [arg('node', existingNode.optional(), 'the node; without it, all of them')],
      returns: z.array(snapshotView),
      idempotent: true,
      run: async (node) => viewSnapshots(services, await snapshots.list(node)),
    }),
    restore_snapshot: method({
      summary: "Put a node's disk back to a snapshot of it; the node must be detached or not connected",
      args: [node, snapshot],
      destructive: true,
      returns: snapshotView,
      idempotent: true,
      timeoutMs: timeLimits.copying,
      run: async (node, name, { signal }) =>
        viewSnapshot(services, await restoreSnapshot(services, node, name, signal)),
    }),
    delete_snapshot: method({
      summary: 'Delete a snapshot; disks cloned from it are whole without it; fine when there is none',
      args: [node, snapshot],
      destructive: true,
      returns: z.object({ node: z.string(), name: z.string(), deleted: z.boolean() }),
      idempotent: true,
      timeoutMs: timeLimits.changing,
      run: async (node, name, { signal }) => ({
        node,
        name,
        deleted: await snapshots.delete(node, name, signal),
      }),
    }),
  };
}
