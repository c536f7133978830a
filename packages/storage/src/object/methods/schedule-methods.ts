import { z } from 'zod';

import { arg, method } from '@patchbay/objects/define';

import { snapshotName, timeZone } from '../../names.js';
import {
  listSchedules,
  type ScheduleServices,
  scheduleSnapshots,
  unschedule,
} from '../../schedule/schedules.js';
import { serverZone } from '../../schedule/zone.js';
import { scheduleView, viewSchedule } from '../../views/schedule-view.js';
import { existingNode, node, values } from './arguments.js';

/** As a snapshot's name, in which a dash and 16 characters follow it. */
const scheduleName = snapshotName.max(40, 'at most 40 characters');

// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the methods' types are inferred from their schemas
export function scheduleMethods(services: ScheduleServices) {
  return {
    schedule_snapshots: method({
      summary: "Take snapshots of a node's disk at the times of a cron expression, and keep the newest",
      args: [
        node,
        arg('cron', z.string().min(1).max(200), 'minute, hour, day, month, weekday, such as "0 */6 * * *"'),
      ],
      options: {
        keep: z.int().min(1).max(1000).default(7).describe('how many of its snapshots are kept'),
        name: scheduleName
          .default(snapshotName.parse('auto'))
          .describe("the schedule's name, the prefix of its snapshots' names"),
        zone: timeZone
          .optional()
          .describe("the time zone of the expression, such as Europe/Berlin; default: the server's"),
      },
      returns: scheduleView,
      idempotent: true,
      run: async (node, cron, { keep, name, zone = serverZone() }) =>
        viewSchedule(await scheduleSnapshots(services, { node, cron, zone, keep, name })),
    }),
    list_schedules: method({
      summary: 'List the schedules of snapshots, with their last and next times',
      access: 'view',
      args: [arg('node', existingNode.optional(), 'the node; without it, all of them')],
      returns: z.array(scheduleView),
      idempotent: true,
      run: async (node) => (await listSchedules(services, node)).map(viewSchedule),
    }),
    unschedule: method({
      summary:
        "Remove a node's schedules, or only the one named; their snapshots stay; fine when there are none",
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
      run: async (node, name) => ({ node, unscheduled: [...(await unschedule(services, node, name))] }),
    }),
  };
}
