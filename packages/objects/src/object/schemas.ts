import { z } from 'zod';

import { maxObjectNameLength, objectNameErrors, objectNamePattern } from '../names.js';

/** The schema of an object's name: as `parseObjectName` accepts it, at most 128 characters. */
export const objectName = z
  .string()
  .max(maxObjectNameLength, objectNameErrors.length)
  .regex(objectNamePattern, objectNameErrors.pattern)
  .brand<'ObjectName'>();

/** What a number counts, so that people may write `20GiB` or `30s` where programs pass a number. */
export type Unit = 'bytes' | 'milliseconds';

/** Returns the schema of an integral number of bytes, 0 or more; as text `20GiB`, `1.5 TB` or `4096`. */
export function bytesSchema(): z.ZodNumber {
  return z
    .int()
    .nonnegative()
    .meta({ unit: 'bytes' satisfies Unit });
}

/** Returns the schema of a duration in integral milliseconds, 0 or more; as text `30s`, `1h30m` or `250ms`. */
export function durationSchema(): z.ZodNumber {
  return z
    .int()
    .nonnegative()
    .meta({ unit: 'milliseconds' satisfies Unit });
}

/** Returns the schema of a timestamp, RFC 3339 text in UTC such as `2026-11-20T15:04:05.000Z`. */
export function timestampSchema(): z.ZodISODateTime {
  return z.iso.datetime();
}
