import { z } from 'zod';

import type { ScheduleRecord } from '../catalog/tables.js';
import { serverZone, zonedTime } from '../schedule/zone.js';

export const scheduleView = z.object({
  node: z.string(),
  name: z.string().describe('the prefix of the names of its snapshots'),
  cron: z.string(),
  zone: z.string().describe('the time zone of the expression, in which the times are shown'),
  keep: z.int().describe('how many of its snapshots are kept'),
  nextAt: z.iso.datetime({ offset: true }),
  lastAt: z.iso.datetime({ offset: true }).optional(),
  lastError: z.string().optional().describe('why the last try failed'),
});
export type ScheduleView = z.infer<typeof scheduleView>;

export function viewSchedule(record: ScheduleRecord): ScheduleView {
  const { node, name, cron, zone = serverZone(), keep, nextAtMs, lastAtMs, lastError } = record;
  return {
    node,
    name,
    cron,
    zone,
    keep,
    nextAt: zonedTime(nextAtMs, zone),
    ...(lastAtMs === undefined ? {} : { lastAt: zonedTime(lastAtMs, zone) }),
    ...(lastError === undefined ? {} : { lastError }),
  };
}
