import { z } from 'zod';

import { coreError } from './errors/core-errors.js';

/**
 * The schema of an object's name: segments of letters, digits, `_` and `-`, joined by `.` or `/`,
 * at most 128 characters, the first a letter.
 */
export const objectName = z
  .string()
  .max(128, 'at most 128 characters')
  .regex(
    /^[A-Za-z][A-Za-z0-9_-]*(?:[./][A-Za-z0-9_-]+)*$/,
    'must begin with a letter and hold only letters, digits, "_" and "-", in parts joined by "." or "/"',
  )
  .brand<'ObjectName'>();

/** An object's name that has been checked. */
export type ObjectName = z.infer<typeof objectName>;

/** Checks an object's name. @throws RpcError `NAME_INVALID` */
export function parseObjectName(text: string): ObjectName {
  const parsed = objectName.safeParse(text);
  if (!parsed.success) {
    const why = parsed.error.issues[0]?.message ?? 'is not valid';
    throw coreError('NAME_INVALID', `object name ${quoted(text)}: ${why}`);
  }
  return parsed.data;
}

/** A method's name: letters, digits and `_`, the first a letter, at most 64 characters. */
export const methodNamePattern = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

/** Quotes a text of unknown origin for a message: escaped, and cut after 80 characters. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);
}
