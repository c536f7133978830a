import { z } from 'zod';

import { durationSchema } from '@patchbay/objects/define';

const minMs = 100;

/** Returns the schema of a server's `keepalive` settings. Times are in milliseconds. */
export function keepaliveSettings(
  defaults: Readonly<Record<'intervalMs' | 'timeoutMs', number>>,
): z.ZodObject<Record<'interval' | 'timeout', z.ZodDefault<z.ZodNumber>>, z.core.$strict> {
  return z.strictObject({
    interval: durationSchema()
      .min(minMs)
      .default(defaults.intervalMs)
      .describe('how often a sign of life is asked for; below the time limits of proxies in between'),
    timeout: durationSchema()
      .min(minMs)
      .default(defaults.timeoutMs)
      .describe('how long to wait for it before the connection is closed'),
  });
}
