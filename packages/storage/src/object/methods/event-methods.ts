import { z } from 'zod';

import { arg, method } from '@patchbay/objects/define';

import { type Parts } from '../../provision/parts.js';
import { eventView, type EventView, viewEvent } from '../../views/event-view.js';
import { node } from './arguments.js';

/** Makes the methods that tell what happens and what happened. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the methods' types are inferred from their schemas
export function eventMethods({ events }: Pick<Parts, 'events'>) {
  return {
    watch: method({
      summary:
        'Tell each change of images, nodes, disks, snapshots and schedules as it happens, until cancelled or out of time',
      args: [
        arg(
          'fromRevision',
          z.int().nonnegative().optional(),
          'tell first what has happened after this revision; without it, only what comes',
        ),
      ],
      yields: eventView,
      returns: z.null(),
      idempotent: true,
      run: async function* (fromRevision, { signal }) {
        const from = fromRevision ?? (await events.revision());
        for await (const each of events.watch(from, signal)) {
          yield viewEvent(each);
        }
        return null;
      },
    }),
    history: method({
      summary: 'Tell what happened to a node, its disks, snapshots and schedules, by whom and when',
      args: [node],
      options: {
        limit: z.int().min(1).max(10_000).default(100).describe('only the newest so many'),
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
