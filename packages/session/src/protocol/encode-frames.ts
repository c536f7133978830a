import { noMetadata } from '@patchbay/objects';

import { BackwardWriter } from './backward-writer.js';
import {
  type Arguments,
  type Attachment,
  type Frame,
  frameField,
  type Handle,
  type HelloAuth,
  type IdempotentMethods,
  isHandle,
  type Payload,
  payloadBytes,
} from './frame.js';

/** From this size on, in bytes, a frame is written into its own buffer, which saves copying it out of the shared one. */
const largeBytes = 16 * 1024;
const framesField = 1;
/** The field numbers of the handles in `Attachment.content`. */
const handleField = { stream: 4, callback: 5, object: 6 } as const satisfies Record<Handle['kind'], number>;
const shared = new BackwardWriter();
let writer = shared;
let omitsTail = false;

/** Encodes one frame as the `Frame` message of objects.proto. */
export function encodeFrame(frame: Frame): Buffer {
  begin(frame);
  writeFrame(frame);
  return finish(0);
}

/** Encodes one frame as a `Frames` message, behind headroom for a prefix. Such messages can be concatenated. */
export function encodeFrames(frame: Frame, headroomBytes = 0): Buffer {
  begin(frame);
  const mark = writer.mark();
  writeFrame(frame);
  writer.message(framesField, mark);
  return finish(headroomBytes);
}

/** Encodes short frames as one `Frames` message, behind headroom for a prefix. */
export function encodeTogether(frames: readonly Frame[], headroomBytes: number): Buffer {
  for (let index = frames.length - 1; index >= 0; index--) {
    const mark = writer.mark();
    writeFrame(frames[index] as Frame);
    writer.message(framesField, mark);
  }
  return writer.finish(headroomBytes);
}

/** Returns the bytes at the end of a frame that need not be copied: those of a large item. */
export function tailOf(frame: Frame): Uint8Array | undefined {
  if (frame.kind !== 'item' || frame.value.attachments.length !== 1) {
    return undefined;
  }
  const content = frame.value.attachments[0]?.content;
  return typeof content === 'object' && !isHandle(content) && content.length >= largeBytes
    ? content
    : undefined;
}

/** Encodes a frame as `encodeFrames` does, but without its tail, which must be sent right behind. */
export function encodeHead(frame: Frame, headroomBytes: number): Buffer {
  omitsTail = true;
  const mark = writer.mark();
  writeFrame(frame);
  writer.message(framesField, mark);
  omitsTail = false;
  return writer.finish(headroomBytes);
}

function begin(frame: Frame): void {
  const bytes = contentBytes(frame);
  writer = bytes < largeBytes ? shared : new BackwardWriter(bytes + largeBytes / 4);
}

function finish(headroomBytes: number): Buffer {
  if (writer === shared) {
    return writer.finish(headroomBytes);
  }
  const own = writer;
  writer = shared;
  return own.release(headroomBytes);
}

/** Returns about how many bytes a frame carries. */
function contentBytes(frame: Frame): number {
  switch (frame.kind) {
    case 'item':
    case 'result':
      return payloadBytes(frame.value);
    case 'invoke':
      return 'values' in frame.input
        ? payloadBytes(frame.input.values)
        : frame.input.words.reduce((sum, arg) => sum + arg.length, 0);
    case 'failure':
      return frame.message.length + frame.details.length + frame.stack.length;
    case 'chunk':
      return frame.data.length;
    default:
      return 0;
  }
}

function writeFrame(frame: Frame): void {
  const mark = writer.mark();
  writeFields(frame);
  writer.message(frameField[frame.kind], mark);
}

function writeFields(frame: Frame): void {
  switch (frame.kind) {
    case 'hello':
      writer.uint(16, frame.keepsFunctions === true ? 1 : 0);
      writer.uint(14, frame.methodTimeouts === true ? 1 : 0);
      writer.uint(13, frame.heartbeatMs ?? 0);
      writer.uint(11, frame.itemCountWindow);
      for (let index = frame.idempotent.length - 1; index >= 0; index--) {
        writeIdempotent(frame.idempotent[index] as IdempotentMethods);
      }
      writeAuth(frame.auth);
      writer.uint(4, frame.maxFrameBytes);
      writer.uint(3, frame.itemWindow);
      writer.uint(2, frame.maxCalls);
      writer.text(1, frame.client);
      return;
    case 'invoke':
      writer.uint(16, frame.isRead === true ? 1 : 0);
      writer.uint(15, frame.methodTimeout === true ? 1 : 0);
      writer.text(14, frame.onBehalfOf ?? '');
      writeMetadata(13, frame.metadata);
      writer.uint(12, frame.callback);
      writer.text(11, frame.correlationId);
      writer.uint(10, frame.ofCall);
      writer.uint(9, frame.oneWay ? 1 : 0);
      writer.uint(8, frame.target);
      writer.uint(7, frame.timeoutMs);
      writeArguments(frame.input);
      writer.text(3, frame.method);
      writer.text(2, frame.object);
      break;
    case 'cancel':
      break;
    case 'credit':
      writer.uint(4, frame.items);
      writer.uint(3, frame.stream);
      writer.uint(2, frame.bytes);
      break;
    case 'item':
      writePayload(2, frame.value); // first, and so at the end, as its bytes may be sent separately
      writer.uint(3, frame.stream);
      break;
    case 'result':
      writeMetadata(3, frame.metadata);
      writePayload(2, frame.value);
      break;
    case 'failure':
      writeMetadata(8, frame.metadata);
      writer.uint(7, frame.notBegun ? 1 : 0);
      writer.text(6, frame.stack);
      writer.text(5, frame.details);
      writer.text(4, frame.message);
      writer.text(3, frame.reason);
      writer.uint(2, frame.code);
      break;
    case 'chunk':
      writer.uint(3, frame.total);
      writer.bytes(2, frame.data);
      writer.uint(1, frame.number);
      return;
    case 'end':
      writer.uint(2, frame.stream);
      break;
    case 'release':
      writer.uint(1, frame.object);
      return;
    case 'subscription':
      writer.uint(3, frame.released ? 1 : 0);
      writer.uint(2, frame.callback);
      break;
    case 'heartbeat':
      return;
  }
  writer.uint(1, frame.call);
}

function writeAuth(auth: HelloAuth | undefined): void {
  if (auth !== undefined) {
    writer.text(9, auth.claims);
    writeBytes(8, auth.proof);
    writer.text(7, auth.key);
    writeBytes(6, auth.challenge);
    writer.text(5, auth.server);
  }
}

function writeBytes(field: number, value: Uint8Array): void {
  if (value.length > 0) {
    writer.bytes(field, value);
  }
}

function writeMetadata(field: number, metadata = noMetadata): void {
  if (metadata === noMetadata) {
    return;
  }
  for (const [key, value] of Object.entries(metadata)) {
    const mark = writer.mark();
    writer.text(2, value);
    writer.text(1, key);
    writer.message(field, mark);
  }
}

function writeArguments(input: Arguments): void {
  if ('values' in input) {
    writePayload(4, input.values);
    return;
  }
  writer.uint(6, 1);
  writeTexts(5, input.words);
  if (input.streams.length > 0) {
    writePayload(4, { json: '', attachments: input.streams });
  }
}

function writeIdempotent({ object, methods }: IdempotentMethods): void {
  const mark = writer.mark();
  writeTexts(2, methods);
  writer.text(1, object);
  writer.message(10, mark);
}

function writeTexts(field: number, texts: readonly string[]): void {
  for (let index = texts.length - 1; index >= 0; index--) {
    writer.element(field, texts[index] ?? '');
  }
}

function writePayload(field: number, payload: Payload): void {
  const mark = writer.mark();
  for (let index = payload.attachments.length - 1; index >= 0; index--) {
    writeAttachment(payload.attachments[index] as Attachment);
  }
  if (typeof payload.json === 'string') {
    writer.text(1, payload.json);
  } else {
    writer.bytes(1, payload.json);
  }
  writer.message(field, mark);
}

function writeAttachment(attachment: Attachment): void {
  const mark = writer.mark();
  const { content } = attachment;
  if (typeof content === 'string') {
    writer.element(2, content);
  } else if (isHandle(content)) {
    writer.uint(handleField[content.kind], content.number);
  } else if (omitsTail) {
    writer.tail(3, content.length);
  } else {
    writer.bytes(3, content);
  }
  writeTexts(1, attachment.path);
  writer.message(2, mark);
}
