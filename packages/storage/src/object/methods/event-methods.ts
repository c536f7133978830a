import { arg, method } from '@patchbay/objects/define';
import { z } from 'zod';

import { eventView, type EventView, viewEvent } from '../../views/event-view.js';
import type { StorageServices } from '../storage-services.js';
import { node } from './arguments.js';

// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the methods' types are inferred from their schemas
export function eventMethods({ events }: StorageServices) {
  return {
    watch: method({
      summary:
        'Report each change of images, nodes, disks, snapshots, schedules and alerts as it happens, until cancelled',
      access: 'view',
      args: [
        arg(
          'fromRevision',
          z.int().nonnegative().optional(),
          'report first what has happened after this revision; default: only what comes',
        ),
      ],
      yields: eventView,
      returns: z.null(),
      idempotent: true,
      timeoutMs: 'none',
      run: async function* (fromRevision, { signal }) {
        const from = fromRevision ?? (await events.revision());
        for await (const each of events.watch(from, signal)) {
          yield viewEvent(each);
        }
        return null;
      },
    }),
    history: method({
      summary: 'Show what happened to a node, its disks, snapshots and schedules, when, and who did it',
      access: 'view',
      args: [node],
      options: {
        limit: z.int().min(1).max(10_000).default(100).describe('how many at most, the newest'),
      },
      returns: z.array(eventView),
      idempotent: true,
      run: async (node, { limit }) => {
        const found: EventView[] = [];
        for await (const each of events.all()) {
          if (each.event.node === node) {
            found.push(viewEvent(each));
          }
        }
        return found.slice(-limit);
      },
    }),
  };
}
