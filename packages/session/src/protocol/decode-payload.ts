import { coreError, isRpcError, maxNesting, parseJson } from '@patchbay/objects';

import { type Attachment, type Handle, isHandle, maxParts, type Payload } from './frame.js';
import { decodeText, malformed } from './message-reader.js';

/** Bounds what the JSON of one value may cost its receiver. */
export interface ValueLimits {
  /** How many values and keys it may hold. */
  readonly maxValues: number;
  /** How long it may be, in bytes; what is attached to it does not count. */
  readonly maxJsonBytes: number;
}

/** What a client accepts of its server: more than a server of its clients, as nobody else waits for it meanwhile. */
const clientLimits: ValueLimits = { maxValues: 2_000_000, maxJsonBytes: Infinity };

/** Makes the local value for a handle of the other side's. @throws RpcError when there is nothing of this number */
export type Importer = (handle: Handle) => unknown;

/**
 * Decodes a value; without an importer, one with a handle is malformed.
 *
 * @param limits what it may hold; by default what a client accepts
 * @throws RpcError `MESSAGE_MALFORMED`, `MESSAGE_TOO_LARGE`, `MESSAGE_TOO_COMPLEX`
 */
export function decodePayload(payload: Payload, importer?: Importer, limits = clientLimits): unknown {
  const { json, attachments } = payload;
  if (json === '') {
    return undefined;
  }
  if (payload.excess === true) {
    throw coreError(
      'MESSAGE_TOO_COMPLEX',
      `the message has more than ${String(maxParts)} attachments, or one at more than ${String(maxNesting)} levels; ` +
        'send them in several calls, or as a stream',
      { details: { limit: 'attachments', maxAttachments: maxParts } },
    );
  }
  const value = readJson(json, limits);
  if (attachments.length === 0) {
    return value;
  }
  const root = { value };
  for (const attachment of attachments) {
    const { path, content } = attachment;
    if (!isHandle(content)) {
      attach(root, path, textOrBytes(attachment));
    } else if (importer === undefined) {
      throw malformed(`${content.kind} ${String(content.number)} where there can be none`);
    } else {
      attach(root, path, importer(content));
    }
  }
  return root.value;
}

function readJson(json: string | Buffer, { maxValues, maxJsonBytes }: ValueLimits): unknown {
  if (json.length > maxJsonBytes) {
    throw coreError(
      'MESSAGE_TOO_LARGE',
      `the message has ${String(json.length)} bytes of JSON, more than the ${String(maxJsonBytes)} that are accepted ` +
        'here (limits.maxJsonBytes of a server); attach long strings and bytes to it, or send a stream',
      { details: { limit: 'maxJsonBytes', maxJsonBytes } },
    );
  }
  try {
    return parseJson(typeof json === 'string' ? json : decodeText(json), maxValues);
  } catch (error) {
    throw isRpcError(error) ? error : malformed((error as Error).message);
  }
}

function textOrBytes({ content, isText }: Attachment): unknown {
  return isText === true ? decodeText(content as Buffer) : content;
}

/** Puts content at its path, where null must be already: a path can never reach a prototype. */
function attach(root: { value: unknown }, path: readonly string[], content: unknown): void {
  let holder: Record<string, unknown> = root;
  let key = 'value';
  for (const next of path) {
    const member = holder[key];
    if (typeof member !== 'object' || member === null || !Object.hasOwn(member, next)) {
      throw malformed('an attachment at a path that its value does not have');
    }
    holder = member as Record<string, unknown>;
    key = next;
  }
  if (holder[key] !== null) {
    throw malformed('an attachment at a path that holds another value');
  }
  Object.defineProperty(holder, key, {
    value: content,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}
