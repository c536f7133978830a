import { z } from 'zod';

import { arg, bytesSchema, method } from '@patchbay/objects/define';

import { snapshotReference } from '../../names.js';
import { shownFailure } from '../../pool/status.js';
import { provisionMany } from '../../provision/provision-many.js';
import { provisionNode } from '../../provision/provision-node.js';
import { provisionedNode, viewProvisioned } from '../../views/node-view.js';
import type { StorageServices } from '../storage-services.js';
import { partlyFailed } from '../partly-failed.js';
import { existingNode, flag, image, initiatorOptions, values } from './arguments.js';

const mostNodes = 10_000;

const failure = z.object({ node: z.string(), reason: z.string(), message: z.string() });
const outcome = z.object({
  node: z.string(),
  provisioned: provisionedNode.optional(),
  failed: failure.omit({ node: true }).optional(),
});

// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the methods' types are inferred from their schemas
export function provisionManyMethods(services: StorageServices) {
  return {
    provision_many: method({
      summary:
        'Provision many nodes with a disk each; a failure of one does not stop the others, but fails the call',
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
        ephemeral: flag('begin each boot with a fresh clone'),
        onConflict: initiatorOptions.onConflict,
        concurrency: z.int().min(1).max(64).default(8).describe('how many are provisioned at the same time'),
      },
      yields: outcome,
      returns: z.object({ provisioned: z.int(), failed: z.array(failure) }),
      idempotent: true,
      timeoutMs: 'none',
      run: async function* (image, nodes, { concurrency, ...shared }, { signal, log }) {
        const failed: z.infer<typeof failure>[] = [];
        const provisioned: string[] = [];
        const outcomes = provisionMany(nodes, concurrency, signal, (node) =>
          provisionNode(services, { node, image, ...shared }, signal),
        );
        for await (const each of outcomes) {
          const { node } = each;
          if ('record' in each) {
            provisioned.push(node);
            yield { node, provisioned: await viewProvisioned(services, each.record) };
          } else {
            const { error } = each;
            const shown = shownFailure(error);
            failed.push({ node, ...shown });
            log.warn('cannot provision one of many nodes', { node, error });
            yield { node, failed: shown };
          }
        }
        const count = provisioned.length;
        if (failed.length > 0) {
          const all = count + failed.length;
          const done = `provisioned ${String(count)} of ${String(all)} nodes`;
          throw partlyFailed(done, 'node', { provisioned, failed });
        }
        return { provisioned: count, failed };
      },
    }),
  };
}
