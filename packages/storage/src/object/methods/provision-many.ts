import { z } from 'zod';

import { isRpcError } from '@patchbay/objects';
import { arg, bytesSchema, method } from '@patchbay/objects/define';

import { snapshotReference } from '../../names.js';
import { provisionMany, type ProvisionOutcome } from '../../provision/provision-many.js';
import { provisionNode } from '../../provision/provision-node.js';
import { provisionedNode, viewProvisioned } from '../../views/node-view.js';
import type { StorageServices } from '../storage-services.js';
import { existingNode, image, values } from './arguments.js';

const mostNodes = 10_000;

const failure = z.object({ node: z.string(), reason: z.string(), message: z.string() });
const outcome = z.object({
  node: z.string(),
  provisioned: provisionedNode.optional(),
  failed: failure.omit({ node: true }).optional(),
});

/** Defines the method that provisions many nodes at once. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the methods' types are inferred from their schemas
export function provisionManyMethods(services: StorageServices) {
  return {
    provision_many: method({
      summary: 'Provision many nodes with a disk each; a failure of one does not stop the others',
      args: [
        image,
        arg(
          'nodes',
          z.array(existingNode).min(1).max(mostNodes),
          "the nodes' names, or @FILE with a name a line",
        ),
      ],
      options: {
        snapshot: snapshotReference
          .meta({ values: values.snapshots })
          .optional()
          .describe('clone this snapshot of a disk that came from the image'),
        sizeBytes: bytesSchema().optional().describe("each disk's size"),
        ephemeral: z.boolean().default(false).describe('begin each boot with a fresh clone'),
        concurrency: z.int().min(1).max(64).default(8).describe('how many are provisioned at the same time'),
      },
      yields: outcome,
      returns: z.object({ provisioned: z.int(), failed: z.array(failure) }),
      idempotent: true,
      run: async function* (image, nodes, { concurrency, ...shared }, { signal, log }) {
        const failed: z.infer<typeof failure>[] = [];
        let provisioned = 0;
        const outcomes = provisionMany(nodes, concurrency, signal, (node) =>
          provisionNode(services, { node, image, ...shared }, signal),
        );
        for await (const each of outcomes) {
          const view = await viewOutcome(services, each);
          if (view.failed === undefined) {
            provisioned += 1;
          } else {
            failed.push({ node: each.node, ...view.failed });
            log.warn('cannot provision one of many nodes', {
              node: each.node,
              ...('error' in each ? { error: each.error } : {}),
            });
          }
          yield view;
        }
        return { provisioned, failed };
      },
    }),
  };
}

async function viewOutcome(
  services: StorageServices,
  each: ProvisionOutcome,
): Promise<z.infer<typeof outcome>> {
  const { node } = each;
  if ('record' in each) {
    return { node, provisioned: await viewProvisioned(services, each.record) };
  }
  const { error } = each;
  return {
    node,
    failed: isRpcError(error)
      ? { reason: error.reason, message: error.message }
      : { reason: 'UNEXPECTED', message: 'failed unexpectedly; the server logged it' },
  };
}
