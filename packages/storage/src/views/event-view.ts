import { z } from 'zod';

import type { NumberedEvent } from '../catalog/event-log.js';

export const eventView = z.object({
  revision: z.int().describe('its number; watch resumes from it'),
  at: z.iso.datetime(),
  resource: z
    .string()
    .describe(
      'image:NAME, node:NAME, snapshot:NODE@NAME, schedule:NODE/NAME, alert:NODE/KIND or, in the trash, disk:ID',
    ),
  state: z.string().describe('its state from then on; gone: it does not exist any more'),
  was: z.string().optional().describe('its state before'),
  method: z
    .string()
    .optional()
    .describe('the method that was called, or the part of the storage object that did it'),
  peer: z.string().optional().describe('who called it'),
  callId: z.string().optional().describe('the id of the call in the logs'),
  correlationId: z.string().optional().describe('the id of what the call belongs to, in the logs'),
  diskId: z.string().optional(),
  renamedFrom: z.string().optional().describe('the name that the node had before'),
});
export type EventView = z.infer<typeof eventView>;

export function viewEvent({ revision, event }: NumberedEvent): EventView {
  const { atMs, thing, state, was, by, diskId, movedFrom } = event;
  return {
    revision,
    at: new Date(atMs).toISOString(),
    resource: thing,
    state: state ?? 'gone',
    ...(was === undefined ? {} : { was }),
    ...by,
    ...(diskId === undefined ? {} : { diskId }),
    ...(movedFrom === undefined ? {} : { renamedFrom: movedFrom }),
  };
}
