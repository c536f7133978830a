import { z } from 'zod';

import { callLogSettings } from '@patchbay/calls';
import {
  insecureSetting,
  keepaliveSettings,
  limitSettings,
  listenSetting,
  logSettings,
  tlsSettings,
} from '@patchbay/daemon';
import type { Listen } from '@patchbay/objects';

import { nameServerLimits } from '../limits.js';

/** The schema of a name server's configuration; docs/reference/configuration.md is held against it. */
export const nameServerConfiguration = z.strictObject({
  listen: listenSetting
    .optional()
    .describe('where to listen: an address, or a list of addresses; port 0 takes a free one'),
  insecure: insecureSetting,
  tls: tlsSettings.optional(),
  stateDir: z
    .string({
      error: ({ input }) =>
        input === undefined ? 'is required; give --state-dir DIR' : 'must be a directory, as text',
    })
    .min(1, 'must not be empty')
    .describe('the directory of the registry'),
  sendStacks: z.boolean().default(false).describe('whether errors carry stacks of this server to the caller'),
  logCalls: z
    .enum(['none', 'failed', 'all'])
    .default('none')
    .describe('which calls are logged, at the level info'),
  calls: callLogSettings.prefault({}).describe('the log of calls, which `rpcclient calls` reads'),
  limits: limitSettings(nameServerLimits).prefault({}).describe('limits on sessions, calls and messages'),
  keepalive: keepaliveSettings(nameServerLimits.keepalive)
    .prefault({})
    .describe('when a client that is silent counts as lost'),
  log: logSettings.prefault({}).describe('what is logged, and where'),
});
export type NameServerConfiguration = Omit<z.infer<typeof nameServerConfiguration>, 'listen'> & {
  readonly listen: Listen;
};
