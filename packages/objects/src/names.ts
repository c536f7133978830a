import type { z } from 'zod';

import { coreError } from './errors/core-errors.js';

/** The longest name of an object, in characters. */
export const maxObjectNameLength = 128;

/** The form of an object's name. */
export const objectNamePattern = /^[A-Za-z][A-Za-z0-9_-]*(?:[./][A-Za-z0-9_-]+)*$/;

/** Why a text is not an object's name. */
export const objectNameErrors = {
  length: `at most ${String(maxObjectNameLength)} characters`,
  pattern:
    'must begin with a letter and hold only letters, digits, "_" and "-", in parts joined by "." or "/"',
};

/** An object's name that was checked. */
export type ObjectName = string & z.$brand<'ObjectName'>;

/** Checks an object's name. @throws RpcError `NAME_INVALID` */
export function parseObjectName(text: string): ObjectName {
  if (text.length > maxObjectNameLength) {
    throw invalidName(text, objectNameErrors.length);
  }
  if (!objectNamePattern.test(text)) {
    throw invalidName(text, objectNameErrors.pattern);
  }
  return text as ObjectName;
}

function invalidName(text: string, why: string): Error {
  return coreError('NAME_INVALID', `object name ${quoted(text)}: ${why}`);
}

/** A method's name: letters, digits and `_`, the first a letter, at most 64 characters. */
export const methodNamePattern = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

/** Quotes a text of unknown origin for a message: escaped, and truncated to 80 characters. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);
}
