import { types } from 'node:util';

import { coreError } from '@patchbay/objects';

import type { Attachment, Handle, Payload } from './frame.js';

/** From this length on a string is attached instead of escaped and parsed as JSON. */
const longStringLength = 1024;
const maxDepth = 200;

/** Exports the values that cannot leave their side. */
export interface Exporter {
  /** Reports whether a handle must be sent in a value's place. */
  mustExport(value: object): boolean;
  /** Returns the handle for such a value. @throws RpcError when it cannot be exported */
  exportValue(value: object): Handle;
}

/** Encodes a value. @throws RpcError `ARGUMENT_INVALID` for what JSON cannot represent: a cycle, a bigint */
export function encodePayload(value: unknown, exporter?: Exporter): Payload {
  const attachments: Attachment[] = [];
  const structure = needsAttachments(value, exporter, 0) ? detach(value, [], attachments, exporter) : value;
  try {
    const json: unknown = JSON.stringify(structure); // undefined for what JSON leaves out: undefined, a function
    return { json: typeof json === 'string' ? json : '', attachments };
  } catch (error) {
    throw coreError('ARGUMENT_INVALID', `the value cannot be sent as JSON: ${(error as Error).message}`);
  }
}

function needsAttachments(value: unknown, exporter: Exporter | undefined, depth: number): boolean {
  if (typeof value === 'string') {
    return value.length >= longStringLength;
  }
  if (typeof value !== 'object' || value === null) {
    return typeof value === 'function' && exporter?.mustExport(value) === true;
  }
  checkDepth(depth);
  if (Array.isArray(value)) {
    for (const element of value) {
      if (needsAttachments(element, exporter, depth + 1)) {
        return true;
      }
    }
    return false;
  }
  if (types.isUint8Array(value) || exporter?.mustExport(value) === true) {
    return true;
  }
  for (const key in value) {
    if (needsAttachments((value as Record<string, unknown>)[key], exporter, depth + 1)) {
      return true;
    }
  }
  return false;
}

/** Replaces what is attached to the JSON of a value by null. */
function detach(
  value: unknown,
  path: readonly string[],
  attachments: Attachment[],
  exporter: Exporter | undefined,
): unknown {
  checkDepth(path.length);
  if (typeof value === 'string') {
    if (value.length < longStringLength || !value.isWellFormed() || !isWellFormed(path)) {
      return value;
    }
    attachments.push({ path, content: value });
    return null;
  }
  if (types.isUint8Array(value)) {
    attachments.push({ path: wellFormed(path), content: value });
    return null;
  }
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) {
    return value;
  }
  const inner = (member: unknown, key: string): unknown =>
    detach(member, [...path, key], attachments, exporter);
  if (Array.isArray(value)) {
    return value.map((element, index) => inner(element, String(index)));
  }
  if (exporter?.mustExport(value) === true) {
    attachments.push({ path: wellFormed(path), content: exporter.exportValue(value) });
    return null;
  }
  if (typeof value === 'function' || 'toJSON' in value) {
    return value;
  }
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, inner(member, key)]));
}

/** Reports whether protobuf's UTF-8 can hold a path: not half of a surrogate pair, which JSON can escape. */
function isWellFormed(path: readonly string[]): boolean {
  return path.every((key) => key.isWellFormed());
}

function wellFormed(path: readonly string[]): readonly string[] {
  if (!isWellFormed(path)) {
    throw coreError('ARGUMENT_INVALID', 'bytes cannot be sent under a key that is not well-formed Unicode');
  }
  return path;
}

function checkDepth(depth: number): void {
  if (depth > maxDepth) {
    const message = `the value is nested more than ${String(maxDepth)} levels deep, or has a cycle`;
    throw coreError('ARGUMENT_INVALID', message);
  }
}
