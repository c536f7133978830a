import { z } from 'zod';

import type { ScheduleRecord } from '../catalog/tables.js';

export const scheduleView = z.object({
  node: z.string(),
  name: z.string().describe('the prefix of the names of its snapshots'),
  cron: z.string(),
  keep: z.int().describe('how many of its snapshots are kept'),
  nextAt: z.iso.datetime(),
  lastAt: z.iso.datetime().optional(),
  lastError: z.string().optional().describe('why the last try failed'),
});
export type ScheduleView = z.infer<typeof scheduleView>;

export function viewSchedule(record: ScheduleRecord): ScheduleView {
  const { node, name, cron, keep, nextAtMs, lastAtMs, lastError } = record;
  return {
    node,
    name,
    cron,
    keep,
    nextAt: new Date(nextAtMs).toISOString(),
    ...(lastAtMs === undefined ? {} : { lastAt: new Date(lastAtMs).toISOString() }),
    ...(lastError === undefined ? {} : { lastError }),
  };
}
