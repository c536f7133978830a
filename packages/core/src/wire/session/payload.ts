import { types } from 'node:util';

import { coreError } from '../../errors/core-errors.js';
import { type Attachment, type Payload } from './frame.js';
import { malformed } from './message-reader.js';

/** From this length on a text travels beside the JSON, where it need not be escaped and parsed. */
const longTextLength = 1024;
const deepest = 200;
/** Half of a surrogate pair: JSON can escape it, protobuf's UTF-8 cannot say it. */
const loneSurrogate = /\p{Surrogate}/u;

/**
 * Makes a value ready for the wire.
 *
 * @throws RpcError `ARGUMENT_INVALID` when JSON cannot say it: a cycle, a bigint
 */
export function encodePayload(value: unknown): Payload {
  const attachments: Attachment[] = [];
  const structure = needsAttachments(value, 0) ? detach(value, [], attachments) : value;
  try {
    const json: unknown = JSON.stringify(structure); // undefined for what JSON leaves out: undefined, a function
    return { json: typeof json === 'string' ? json : '', attachments };
  } catch (error) {
    throw coreError('ARGUMENT_INVALID', `the value cannot be sent as JSON: ${(error as Error).message}`);
  }
}

/** Gives the value that was encoded. @throws RpcError `MESSAGE_MALFORMED` */
export function decodePayload(payload: Payload): unknown {
  if (payload.json === '') {
    return undefined;
  }
  let value: unknown;
  try {
    value = JSON.parse(payload.json);
  } catch (error) {
    throw malformed((error as Error).message);
  }
  if (payload.attachments.length === 0) {
    return value;
  }
  const root = { value };
  for (const { path, content } of payload.attachments) {
    attach(root, path, content);
  }
  return root.value;
}

/** Gives about how many bytes a payload takes on the wire. */
export function payloadBytes(payload: Payload): number {
  let bytes = payload.json.length + 16;
  for (const { content } of payload.attachments) {
    bytes += content.length + 16;
  }
  return bytes;
}

function isBytes(value: unknown): value is Uint8Array {
  return types.isUint8Array(value);
}

function needsAttachments(value: unknown, depth: number): boolean {
  if (typeof value === 'string') {
    return value.length >= longTextLength;
  }
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  checkDepth(depth);
  if (Array.isArray(value)) {
    for (const element of value) {
      if (needsAttachments(element, depth + 1)) {
        return true;
      }
    }
    return false;
  }
  if (isBytes(value)) {
    return true;
  }
  for (const key in value) {
    if (needsAttachments((value as Record<string, unknown>)[key], depth + 1)) {
      return true;
    }
  }
  return false;
}

function detach(value: unknown, path: readonly string[], attachments: Attachment[]): unknown {
  checkDepth(path.length);
  if (typeof value === 'string') {
    if (value.length < longTextLength || loneSurrogate.test(value) || !isSayable(path)) {
      return value;
    }
    attachments.push({ path, content: value });
    return null;
  }
  if (isBytes(value)) {
    if (!isSayable(path)) {
      throw coreError(
        'ARGUMENT_INVALID',
        'bytes cannot be sent under a name that is not well-formed Unicode',
      );
    }
    attachments.push({ path, content: value });
    return null;
  }
  if (Array.isArray(value)) {
    return value.map((element, index) => detach(element, [...path, String(index)], attachments));
  }
  if (typeof value === 'object' && value !== null && !('toJSON' in value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [key, detach(member, [...path, key], attachments)]),
    );
  }
  return value;
}

function isSayable(path: readonly string[]): boolean {
  return !path.some((key) => loneSurrogate.test(key));
}

function checkDepth(depth: number): void {
  if (depth > deepest) {
    throw coreError(
      'ARGUMENT_INVALID',
      `the value is nested more than ${String(deepest)} deep, or in a cycle`,
    );
  }
}

/** Puts content in its place, which must be there already: a path can never reach a prototype. */
function attach(root: { value: unknown }, path: readonly string[], content: string | Uint8Array): void {
  let holder: Record<string, unknown> = root;
  let key = 'value';
  for (const next of path) {
    const member = holder[key];
    if (typeof member !== 'object' || member === null || !Object.hasOwn(member, next)) {
      throw malformed('an attachment without a place');
    }
    holder = member as Record<string, unknown>;
    key = next;
  }
  if (holder[key] !== null) {
    throw malformed('an attachment in a place that is taken');
  }
  Object.defineProperty(holder, key, {
    value: content,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}
