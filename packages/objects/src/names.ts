import { type z } from 'zod';

import { coreError } from './errors/core-errors.js';

/** How long an object's name may be. */
export const longestObjectName = 128;

/** What an object's name is made of. */
export const objectNamePattern = /^[A-Za-z][A-Za-z0-9_-]*(?:[./][A-Za-z0-9_-]+)*$/;

/** What is wrong with a text that is no object's name. */
export const objectNameFaults = {
  length: `at most ${String(longestObjectName)} characters`,
  pattern:
    'must begin with a letter and hold only letters, digits, "_" and "-", in parts joined by "." or "/"',
};

/** An object's name that has been checked. */
export type ObjectName = string & z.$brand<'ObjectName'>;

/** Checks an object's name. @throws RpcError `NAME_INVALID` */
export function parseObjectName(text: string): ObjectName {
  if (text.length > longestObjectName) {
    throw wrongName(text, objectNameFaults.length);
  }
  if (!objectNamePattern.test(text)) {
    throw wrongName(text, objectNameFaults.pattern);
  }
  return text as ObjectName;
}

function wrongName(text: string, why: string): Error {
  return coreError('NAME_INVALID', `object name ${quoted(text)}: ${why}`);
}

/** A method's name: letters, digits and `_`, the first a letter, at most 64 characters. */
export const methodNamePattern = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

/** Quotes a text of unknown origin for a message: escaped, and cut after 80 characters. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);
}
