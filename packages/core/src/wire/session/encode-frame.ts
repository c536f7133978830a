import { BackwardWriter } from './backward-writer.js';
import { type Arguments, type Attachment, type Frame, frameField, type Payload } from './frame.js';

const largestKeptBytes = 1024 * 1024;
const framesField = 1;
let writer = new BackwardWriter();

/** Encodes one frame as the `Frame` message of objects.proto. */
export function encodeFrame(frame: Frame): Buffer {
  writeFrame(frame);
  return finish(0);
}

/**
 * Encodes one frame as a `Frames` message of its own, behind room for a prefix. Several such messages, one behind the
 * other, are one too.
 */
export function encodeFrames(frame: Frame, headroomBytes = 0): Buffer {
  const mark = writer.mark();
  writeFrame(frame);
  writer.message(framesField, mark);
  return finish(headroomBytes);
}

function writeFrame(frame: Frame): void {
  const mark = writer.mark();
  writeFields(frame);
  writer.message(frameField[frame.kind], mark);
}

function finish(headroomBytes: number): Buffer {
  const encoded = writer.finish(headroomBytes);
  if (encoded.length > largestKeptBytes) {
    writer = new BackwardWriter(); // a rare giant shall not keep its buffer for good
  }
  return encoded;
}

function writeFields(frame: Frame): void {
  switch (frame.kind) {
    case 'hello':
      writer.uint(4, frame.maxFrameBytes);
      writer.uint(3, frame.itemWindow);
      writer.uint(2, frame.maxCalls);
      writer.text(1, frame.client);
      return;
    case 'invoke':
      writer.uint(7, frame.timeoutMs);
      writeArguments(frame.input);
      writer.text(3, frame.method);
      writer.text(2, frame.object);
      break;
    case 'cancel':
      break;
    case 'credit':
      writer.uint(2, frame.bytes);
      break;
    case 'item':
    case 'result':
      writePayload(2, frame.value);
      break;
    case 'failure':
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
  }
  writer.uint(1, frame.call);
}

function writeArguments(input: Arguments): void {
  if ('values' in input) {
    writePayload(4, input.values);
    return;
  }
  writer.uint(6, 1);
  for (let index = input.words.length - 1; index >= 0; index--) {
    writer.element(5, input.words[index] ?? '');
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
  if (typeof attachment.content === 'string') {
    writer.element(2, attachment.content);
  } else {
    writer.bytes(3, attachment.content);
  }
  for (let index = attachment.path.length - 1; index >= 0; index--) {
    writer.element(1, attachment.path[index] ?? '');
  }
  writer.message(2, mark);
}
