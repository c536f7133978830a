import { BackwardWriter } from './backward-writer.js';
import {
  type Arguments,
  type Attachment,
  type Frame,
  frameField,
  type Handle,
  type IdempotentMethods,
  type Payload,
} from './frame.js';
import { payloadBytes } from './payload.js';

/** From this size on a frame is written into a buffer of its own, which saves copying it out of the common one. */
const largeBytes = 16 * 1024;
const framesField = 1;
/** The field numbers of the handles in `Attachment.content`. */
const handleField = { stream: 4, callback: 5, object: 6 } as const satisfies Record<Handle['kind'], number>;
const common = new BackwardWriter();
let writer = common;
let isTailLeft = false;

/** Encodes one frame as the `Frame` message of objects.proto. */
export function encodeFrame(frame: Frame): Buffer {
  begin(frame);
  writeFrame(frame);
  return finish(0);
}

/**
 * Encodes one frame as a `Frames` message of its own, behind room for a prefix. Several such messages, one behind the
 * other, are one too.
 */
export function encodeFrames(frame: Frame, headroomBytes = 0): Buffer {
  begin(frame);
  const mark = writer.mark();
  writeFrame(frame);
  writer.message(framesField, mark);
  return finish(headroomBytes);
}

/** Encodes frames, all short, as one `Frames` message, behind room for a prefix. */
export function encodeTogether(frames: readonly Frame[], headroomBytes: number): Buffer {
  for (let index = frames.length - 1; index >= 0; index--) {
    const mark = writer.mark();
    writeFrame(frames[index] as Frame);
    writer.message(framesField, mark);
  }
  return writer.finish(headroomBytes);
}

/** Gives the bytes that a frame can leave to its end, where they need not be copied: those of an item of a stream. */
export function tailOf(frame: Frame): Uint8Array | undefined {
  if (frame.kind !== 'item' || frame.value.attachments.length !== 1) {
    return undefined;
  }
  const content = frame.value.attachments[0]?.content;
  return typeof content === 'object' && !('kind' in content) && content.length >= largeBytes
    ? content
    : undefined;
}

/** As `encodeFrames`, but without the bytes of the frame's tail, which are to be sent behind what this gives. */
export function encodeHead(frame: Frame, headroomBytes: number): Buffer {
  isTailLeft = true;
  const mark = writer.mark();
  writeFrame(frame);
  writer.message(framesField, mark);
  isTailLeft = false;
  return writer.finish(headroomBytes);
}

function begin(frame: Frame): void {
  const bytes = contentBytes(frame);
  writer = bytes < largeBytes ? common : new BackwardWriter(bytes + largeBytes / 4);
}

function finish(headroomBytes: number): Buffer {
  if (writer === common) {
    return writer.finish(headroomBytes);
  }
  const own = writer;
  writer = common;
  return own.release(headroomBytes);
}

/** Says about how much a frame carries, in bytes. */
function contentBytes(frame: Frame): number {
  switch (frame.kind) {
    case 'item':
    case 'result':
      return payloadBytes(frame.value);
    case 'invoke':
      return 'values' in frame.input
        ? payloadBytes(frame.input.values)
        : frame.input.words.reduce((sum, word) => sum + word.length, 0);
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
      for (let index = frame.idempotent.length - 1; index >= 0; index--) {
        writeIdempotent(frame.idempotent[index] as IdempotentMethods);
      }
      writer.uint(4, frame.maxFrameBytes);
      writer.uint(3, frame.itemWindow);
      writer.uint(2, frame.maxCalls);
      writer.text(1, frame.client);
      return;
    case 'invoke':
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
      writer.uint(3, frame.stream);
      writer.uint(2, frame.bytes);
      break;
    case 'item':
      writePayload(2, frame.value); // last, as its bytes may be left to the end
      writer.uint(3, frame.stream);
      break;
    case 'result':
      writePayload(2, frame.value);
      break;
    case 'failure':
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
  }
  writer.uint(1, frame.call);
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
  writer.text(1, payload.json);
  writer.message(field, mark);
}

function writeAttachment(attachment: Attachment): void {
  const mark = writer.mark();
  const { content } = attachment;
  if (typeof content === 'string') {
    writer.element(2, content);
  } else if ('kind' in content) {
    writer.uint(handleField[content.kind], content.number);
  } else if (isTailLeft) {
    writer.tail(3, content.length);
  } else {
    writer.bytes(3, content);
  }
  writeTexts(1, attachment.path);
  writer.message(2, mark);
}
