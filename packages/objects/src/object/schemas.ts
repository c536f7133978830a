import { z } from 'zod';

import { longestObjectName, objectNameFaults, objectNamePattern } from '../names.js';

/**
 * The schema of an object's name: segments of letters, digits, `_` and `-`, joined by `.` or `/`,
 * at most 128 characters, the first a letter.
 */
export const objectName = z
  .string()
  .max(longestObjectName, objectNameFaults.length)
  .regex(objectNamePattern, objectNameFaults.pattern)
  .brand<'ObjectName'>();

/** What a number counts, so that a person may write `20GiB` or `30s` where a program gives a number. */
export type Unit = 'bytes' | 'milliseconds';

/** The schema of a whole number of bytes, 0 or more; as text `20GiB`, `1.5 TB` or `4096`. */
export function bytesSchema(): z.ZodNumber {
  return z
    .int()
    .nonnegative()
    .meta({ unit: 'bytes' satisfies Unit });
}

/** The schema of a duration in whole milliseconds, 0 or more; as text `30s`, `1h30m` or `250ms`. */
export function durationSchema(): z.ZodNumber {
  return z
    .int()
    .nonnegative()
    .meta({ unit: 'milliseconds' satisfies Unit });
}

/** The schema of a moment as RFC 3339 text in UTC, such as `2026-11-20T15:04:05.000Z`. */
export function timestampSchema(): z.ZodISODateTime {
  return z.iso.datetime();
}
