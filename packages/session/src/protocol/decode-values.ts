import { type CallMetadata, maxNesting, noMetadata } from '@patchbay/objects';

import { type Attachment, maxParts, type Payload } from './frame.js';
import type { MessageReader } from './message-reader.js';

const noAttachments: readonly Attachment[] = [];

/** Reads a payload. @param lazily whether long text stays undecoded: not if it counts for a window, whose unit is the character */
export function readPayload(reader: MessageReader, lazily: boolean): Payload {
  const end = reader.enter();
  let json: string | Buffer = '';
  let attachments: Attachment[] | undefined;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) {
      json = lazily ? reader.shortText() : reader.text();
    } else if (field === 2) {
      const attachment = (attachments?.length ?? 0) < maxParts ? readAttachment(reader, lazily) : undefined;
      if (attachment === undefined) {
        reader.leave(end);
        return { json, attachments: noAttachments, excess: true };
      }
      (attachments ??= []).push(attachment);
    } else {
      reader.skip();
    }
  }
  reader.leave(end);
  return { json, attachments: attachments ?? noAttachments };
}

/** Returns undefined for one whose path is longer than a value may be deep. */
function readAttachment(reader: MessageReader, lazily: boolean): Attachment | undefined {
  const end = reader.enter();
  const path: string[] = [];
  let content: Attachment['content'] = '';
  let isText = false;
  for (let field = reader.next(); field !== 0 && path.length <= maxNesting; field = reader.next()) {
    if (field === 1) path.push(reader.text());
    else if (field === 2) {
      content = lazily ? reader.shortText() : reader.text();
      isText = typeof content !== 'string';
    } else if (field === 3) content = withoutMessage(reader.bytes());
    else if (field === 4) content = { kind: 'stream', number: reader.uint() };
    else if (field === 5) content = { kind: 'callback', number: reader.uint() };
    else if (field === 6) content = { kind: 'object', number: reader.uint() };
    else reader.skip();
  }
  reader.leave(end);
  if (path.length > maxNesting) {
    return undefined;
  }
  return isText ? { path, content, isText } : { path, content };
}

/** Copies bytes that are a small part of what they are a view of: whoever keeps them would keep all of it. */
function withoutMessage(bytes: Buffer): Buffer {
  return bytes.length < bytes.buffer.byteLength / 4 ? Buffer.from(bytes) : bytes;
}

/** Reads one more pair of metadata. */
export function readPair(reader: MessageReader, pairs: CallMetadata): CallMetadata {
  const end = reader.enter();
  let key = '';
  let value = '';
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) key = reader.text();
    else if (field === 2) value = reader.text();
    else reader.skip();
  }
  reader.leave(end);
  const own: Record<string, string> =
    pairs === noMetadata ? (Object.create(null) as Record<string, string>) : pairs;
  own[key] = value;
  return own;
}
