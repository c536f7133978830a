import { type Handle, isHandle, type Payload } from './frame.js';
import { malformed } from './message-reader.js';

/** Makes the local value for a handle of the other side's. @throws RpcError when there is nothing of this number */
export type Importer = (handle: Handle) => unknown;

/** Decodes a value; without an importer, one with a handle is malformed. @throws RpcError `MESSAGE_MALFORMED` */
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
    if (!isHandle(content)) {
      attach(root, path, content);
    } else if (importer === undefined) {
      throw malformed(`${content.kind} ${String(content.number)} where there can be none`);
    } else {
      attach(root, path, importer(content));
    }
  }
  return root.value;
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
