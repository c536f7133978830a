import { types } from 'node:util';

import { coreError } from '@patchbay/objects';

import { type Attachment, type Handle, type Payload } from './frame.js';
import { malformed } from './message-reader.js';

/** From this length on a text travels beside the JSON, where it need not be escaped and parsed. */
const longTextLength = 1024;
const deepest = 200;

/** Gives numbers to what cannot leave its side. */
export interface Exporter {
  /** Says whether a value stays here, and a handle goes out for it. */
  keeps(value: object): boolean;
  /** Gives the handle for such a value. @throws RpcError when it cannot be handed out */
  handOut(value: object): Handle;
}

/** Makes what stands here for something of the other side. @throws RpcError when there is nothing of this number */
export type Importer = (handle: Handle) => unknown;

/**
 * Makes a value ready for the wire.
 *
 * @param exporter hands out what stays here; without one there is nothing of that kind
 * @throws RpcError `ARGUMENT_INVALID` when JSON cannot say it: a cycle, a bigint
 */
export function encodePayload(value: unknown, exporter?: Exporter): Payload {
  const attachments: Attachment[] = [];
  const structure = needsAttachments(value, exporter, 0)
    ? new Detacher(attachments, exporter).detach(value, [])
    : value;
  try {
    const json: unknown = JSON.stringify(structure); // undefined for what JSON leaves out: undefined, a function
    return { json: typeof json === 'string' ? json : '', attachments };
  } catch (error) {
    throw coreError('ARGUMENT_INVALID', `the value cannot be sent as JSON: ${(error as Error).message}`);
  }
}

/**
 * Gives the value that was encoded.
 *
 * @param importer takes what was handed out; without one a handle is malformed
 * @throws RpcError `MESSAGE_MALFORMED`
 */
export function decodePayload(payload: Payload, importer?: Importer): unknown {
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
    attach(
      root,
      path,
      typeof content === 'object' && 'kind' in content ? imported(content, importer) : content,
    );
  }
  return root.value;
}

/** Gives about how many bytes a payload takes on the wire. */
export function payloadBytes(payload: Payload): number {
  let bytes = payload.json.length + 16;
  for (const { content } of payload.attachments) {
    bytes += (typeof content === 'object' && 'kind' in content ? 0 : content.length) + 16;
  }
  return bytes;
}

function isBytes(value: unknown): value is Uint8Array {
  return types.isUint8Array(value);
}

function imported(handle: Handle, importer: Importer | undefined): unknown {
  if (importer === undefined) {
    throw malformed(`${handle.kind} ${String(handle.number)} where there can be none`);
  }
  return importer(handle);
}

function needsAttachments(value: unknown, exporter: Exporter | undefined, depth: number): boolean {
  if (typeof value === 'string') {
    return value.length >= longTextLength;
  }
  if (typeof value !== 'object' || value === null) {
    return typeof value === 'function' && exporter?.keeps(value) === true;
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
  if (isBytes(value) || exporter?.keeps(value) === true) {
    return true;
  }
  for (const key in value) {
    if (needsAttachments((value as Record<string, unknown>)[key], exporter, depth + 1)) {
      return true;
    }
  }
  return false;
}

/** Takes what travels beside the JSON out of a value. */
class Detacher {
  readonly #attachments: Attachment[];
  readonly #exporter: Exporter | undefined;

  constructor(attachments: Attachment[], exporter: Exporter | undefined) {
    this.#attachments = attachments;
    this.#exporter = exporter;
  }

  detach(value: unknown, path: readonly string[]): unknown {
    checkDepth(path.length);
    if (typeof value === 'string') {
      if (value.length < longTextLength || !value.isWellFormed() || !isSayable(path)) {
        return value;
      }
      return this.#put(path, value);
    }
    if (isBytes(value)) {
      return this.#put(sayable(path), value);
    }
    if (Array.isArray(value)) {
      return value.map((element, index) => this.detach(element, [...path, String(index)]));
    }
    if ((typeof value === 'object' && value !== null) || typeof value === 'function') {
      return this.#detachObject(value, path);
    }
    return value;
  }

  #detachObject(value: object, path: readonly string[]): unknown {
    if (this.#exporter?.keeps(value) === true) {
      return this.#put(sayable(path), this.#exporter.handOut(value));
    }
    if (typeof value === 'function' || 'toJSON' in value) {
      return value;
    }
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [key, this.detach(member, [...path, key])]),
    );
  }

  #put(path: readonly string[], content: Attachment['content']): null {
    this.#attachments.push({ path, content });
    return null;
  }
}

/** Half of a surrogate pair: JSON can escape it, protobuf's UTF-8 cannot say it. */
function isSayable(path: readonly string[]): boolean {
  return path.every((key) => key.isWellFormed());
}

function sayable(path: readonly string[]): readonly string[] {
  if (!isSayable(path)) {
    throw coreError('ARGUMENT_INVALID', 'bytes cannot be sent under a name that is not well-formed Unicode');
  }
  return path;
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
function attach(root: { value: unknown }, path: readonly string[], content: unknown): void {
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
