import { z } from 'zod';

import { coreError } from '@patchbay/objects';
import { arg, method } from '@patchbay/objects/define';

import { imageName, nodeName } from '../../names.js';
import { adoptOrphan, deleteOrphan } from '../../provision/orphans.js';
import { orphanView, viewOrphans } from '../../views/orphan-view.js';
import type { StorageServices } from '../storage-services.js';
import { timeLimits, values } from './arguments.js';

const orphanId = z
  .string()
  .regex(/^(?:image|disk|snapshot)-[a-z0-9-]{8,71}$/, 'must be the id of an orphan, as list_orphans shows it')
  .meta({ values: values.orphans });

// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the methods' types are inferred from their schemas
export function orphanMethods(services: StorageServices) {
  return {
    list_orphans: method({
      summary: 'List the files of ours that had no record and were set aside, the next to be deleted first',
      access: 'view',
      returns: z.array(orphanView),
      idempotent: true,
      run: () => viewOrphans(services),
    }),
    adopt_orphan: method({
      summary:
        'Take back a file that was set aside, or that stays without a record after a restore, as the kept disk of a node or as an image',
      args: [
        arg(
          'orphan',
          orphanId,
          'its id, as list_orphans shows it, or of one that stays as fsck does, with - for the colon',
        ),
      ],
      options: {
        node: nodeName.optional().describe('keep it as the disk of this node, which has none'),
        image: imageName.optional().describe('make it an image of this name'),
      },
      returns: z.object({ orphan: z.string(), node: z.string().optional(), image: z.string().optional() }),
      timeoutMs: timeLimits.changing,
      run: async (orphan, { node, image }, { signal }) => {
        const adoption = node !== undefined ? { node } : image !== undefined ? { image } : undefined;
        if (adoption === undefined || (node !== undefined && image !== undefined)) {
          throw coreError('ARGUMENT_INVALID', 'say what it becomes: --node NODE or --image NAME', {
            details: { options: ['node', 'image'] },
          });
        }
        await adoptOrphan(services, orphan, adoption, signal);
        return { orphan, ...adoption };
      },
    }),
    delete_orphan: method({
      summary: 'Delete a file that was set aside for good; fine when it is not there',
      args: [arg('orphan', orphanId, 'its id, as list_orphans shows it')],
      destructive: true,
      returns: z.object({ orphan: z.string(), deleted: z.boolean() }),
      idempotent: true,
      timeoutMs: timeLimits.changing,
      run: async (orphan) => ({ orphan, deleted: await deleteOrphan(services, orphan) }),
    }),
  };
}
