import { z } from 'zod';

import { arg, method } from '@patchbay/objects/define';

import { snapshotName } from '../../names.js';
import { type Parts } from '../../provision/parts.js';
import { listSchedules, scheduleSnapshots, unschedule } from '../../schedule/schedules.js';
import { scheduleView, viewSchedule } from '../../views/schedule-view.js';
import { existingNode, node, values } from './arguments.js';

/** As a snapshot's name, in which a dash and 16 characters follow it. */
const scheduleName = snapshotName.max(40, 'at most 40 characters');

/** Makes the methods that concern schedules of snapshots. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the methods' types are inferred from their schemas
export function scheduleMethods(parts: Parts) {
  return {
    schedule_snapshots: method({
      summary: "Take snapshots of a node's disk at the times of a cron expression, and keep the newest",
      args: [
        node,
        arg(
          'cron',
          z.string().min(1).max(200),
          'minute, hour, day, month, weekday, such as "0 */6 * * *"; local time of the server',
        ),
      ],
      options: {
        keep: z.int().min(1).max(1000).default(7).describe('how many of its snapshots stay'),
        name: scheduleName
          .default(snapshotName.parse('auto'))
          .describe("the schedule's name, which those of its snapshots begin with"),
      },
      returns: scheduleView,
      idempotent: true,
      run: async (node, cron, { keep, name }) =>
        viewSchedule(await scheduleSnapshots(parts, { node, cron, keep, name })),
    }),
    list_schedules: method({
      summary: 'List the schedules of snapshots, with when they ran and will run',
      args: [arg('node', existingNode.optional(), 'the node; without it, all of them')],
      returns: z.array(scheduleView),
      idempotent: true,
      run: async (node) => (await listSchedules(parts, node)).map(viewSchedule),
    }),
    unschedule: method({
      summary:
        "End a node's schedules, or the one that is named; their snapshots stay; fine when there are none",
      args: [
        node,
        arg(
          'name',
          scheduleName.meta({ values: values.schedulesOfNode }).optional(),
          "the schedule's name; without it, all of them",
        ),
      ],
      returns: z.object({ node: z.string(), unscheduled: z.array(z.string()) }),
      idempotent: true,
      run: async (node, name) => ({ node, unscheduled: [...(await unschedule(parts, node, name))] }),
    }),
  };
}
