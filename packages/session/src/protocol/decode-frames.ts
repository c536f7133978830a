import { coreError, maxMetadataPairs, noMetadata } from '@patchbay/objects';

import { readPair, readPayload } from './decode-values.js';
import {
  type Frame,
  frameField,
  type HelloAuth,
  type IdempotentMethods,
  maxParts,
  noAuth,
  type Payload,
} from './frame.js';
import { malformed, MessageReader } from './message-reader.js';

const nothing: Payload = { json: '', attachments: [] };
const lastKind = frameField.subscription;

/** Decodes a `Frames` message of objects.proto. @throws RpcError `MESSAGE_MALFORMED` */
export function decodeFrames(message: Buffer): Frame[] {
  const reader = new MessageReader(message);
  const frames: Frame[] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) {
      const end = reader.enter();
      frames.push(readFrame(reader));
      reader.leave(end);
    } else {
      reader.skip();
    }
  }
  return frames;
}

/** Decodes one `Frame` message. @throws RpcError `MESSAGE_MALFORMED` */
export function decodeFrame(message: Buffer): Frame {
  return readFrame(new MessageReader(message));
}

function readFrame(reader: MessageReader): Frame {
  let frame: Frame | undefined;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field <= lastKind) {
      const end = reader.enter();
      frame = readKind(reader, field);
      reader.leave(end);
    } else {
      reader.skip();
    }
  }
  if (frame === undefined) {
    throw malformed('a frame of an unknown kind');
  }
  return frame;
}

function readKind(reader: MessageReader, field: number): Frame {
  switch (field) {
    case 1:
      return readHello(reader);
    case 2:
      return readInvoke(reader);
    case 3:
      return { kind: 'cancel', call: readAmount(reader).call };
    case 4: {
      const { call, amount, stream, items } = readAmount(reader);
      return { kind: 'credit', call, bytes: amount, items, stream };
    }
    case 5:
      return readValue(reader, 'item');
    case 6:
      return readValue(reader, 'result');
    case 7:
      return readFailure(reader);
    case 8:
      return readChunk(reader);
    case 9: {
      const { call, amount } = readAmount(reader);
      return { kind: 'end', call, stream: amount };
    }
    case 10:
      return { kind: 'release', object: readAmount(reader).call };
    case 11:
      readAmount(reader);
      return { kind: 'heartbeat' };
    case 12: {
      const { call, amount, stream } = readAmount(reader);
      return { kind: 'subscription', call, callback: amount, released: stream !== 0 };
    }
    default:
      throw malformed(`a frame of kind ${String(field)}`);
  }
}

function readHello(reader: MessageReader): Frame {
  const encoded = reader.rest();
  let auth: HelloAuth | undefined;
  let client = '';
  let maxCalls = 0;
  let itemWindow = 0;
  let maxFrameBytes = 0;
  let keepsFunctions = false;
  let itemCountWindow = 0;
  const idempotent: IdempotentMethods[] = [];
  let heartbeatMs = 0;
  let methodTimeouts = false;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) client = reader.text();
    else if (field === 2) maxCalls = reader.uint();
    else if (field === 3) itemWindow = reader.uint();
    else if (field === 4) maxFrameBytes = reader.uint();
    else if (field >= 5 && field <= 9) auth = readAuth(reader, field, auth ?? { ...noAuth, encoded });
    else if (field === 10) idempotent.push(readIdempotent(reader));
    else if (field === 11) itemCountWindow = reader.uint();
    else if (field === 13) heartbeatMs = reader.uint();
    else if (field === 14) methodTimeouts = reader.uint() !== 0;
    else if (field === 16) keepsFunctions = reader.uint() !== 0;
    else reader.skip();
  }
  return {
    kind: 'hello',
    client,
    maxCalls,
    itemWindow,
    itemCountWindow,
    maxFrameBytes,
    idempotent,
    heartbeatMs,
    methodTimeouts,
    keepsFunctions,
    ...(auth !== undefined && { auth }),
  };
}

function readAuth(reader: MessageReader, field: number, auth: HelloAuth): HelloAuth {
  if (field === 5) return { ...auth, server: reader.text() };
  if (field === 6) return { ...auth, challenge: reader.bytes() };
  if (field === 7) return { ...auth, key: reader.text() };
  return field === 8 ? { ...auth, proof: reader.bytes() } : { ...auth, claims: reader.text() };
}

function readIdempotent(reader: MessageReader): IdempotentMethods {
  const end = reader.enter();
  let object = '';
  const methods: string[] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) object = reader.text();
    else if (field === 2) methods.push(reader.text());
    else reader.skip();
  }
  reader.leave(end);
  return { object, methods };
}

function readInvoke(reader: MessageReader): Frame {
  let call = 0;
  let object = '';
  let method = '';
  let values = nothing;
  let words: string[] | undefined;
  let asWords = false;
  let timeoutMs = 0;
  let methodTimeout = false;
  let correlationId = '';
  let oneWay = false;
  let target = 0;
  let ofCall = 0;
  let callback = 0;
  let isRead = false;
  let onBehalfOf = '';
  let metadata = noMetadata;
  let pairs = 0; // more than one too many need not be kept to be refused
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) call = reader.uint();
    else if (field === 2) object = reader.name();
    else if (field === 3) method = reader.name();
    else if (field === 4) values = readPayload(reader, true);
    else if (field === 5) words = readWord(reader, words ?? []);
    else if (field === 6) asWords = reader.uint() !== 0;
    else if (field === 7) timeoutMs = reader.uint();
    else if (field === 11) correlationId = reader.text();
    else if (field === 8) target = reader.uint();
    else if (field === 9) oneWay = reader.uint() !== 0;
    else if (field === 10) ofCall = reader.uint();
    else if (field === 12) callback = reader.uint();
    else if (field === 13 && pairs++ <= maxMetadataPairs) metadata = readPair(reader, metadata);
    else if (field === 14) onBehalfOf = reader.text();
    else if (field === 16) isRead = reader.uint() !== 0;
    else if (field === 15) methodTimeout = reader.uint() !== 0;
    else reader.skip();
  }
  return {
    kind: 'invoke',
    call,
    object,
    method,
    input: asWords ? { words: words ?? [], streams: values.attachments } : { values },
    timeoutMs,
    methodTimeout,
    correlationId,
    oneWay,
    target,
    ofCall,
    callback,
    metadata,
    isRead,
    onBehalfOf,
  };
}

interface Amount {
  readonly call: number;
  readonly amount: number;
  readonly stream: number;
  readonly items: number;
}

function readAmount(reader: MessageReader): Amount {
  let call = 0;
  let amount = 0;
  let stream = 0;
  let items = 0;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) call = reader.uint();
    else if (field === 2) amount = reader.uint();
    else if (field === 3) stream = reader.uint();
    else if (field === 4) items = reader.uint();
    else reader.skip();
  }
  return { call, amount, stream, items };
}

function readValue(reader: MessageReader, kind: 'item' | 'result'): Frame {
  let call = 0;
  let value = nothing;
  let stream = 0;
  let metadata = noMetadata;
  let pairs = 0; // more than one too many need not be kept to be refused
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) call = reader.uint();
    else if (field === 2) value = readPayload(reader, kind === 'result');
    else if (field === 3 && kind === 'item') stream = reader.uint();
    else if (field === 3 && pairs++ <= maxMetadataPairs) metadata = readPair(reader, metadata);
    else reader.skip();
  }
  return kind === 'item' ? { kind, call, value, stream } : { kind, call, value, metadata };
}

function readFailure(reader: MessageReader): Frame {
  let call = 0;
  let code = 0;
  let reason = '';
  let message = '';
  let details = '';
  let stack = '';
  let notBegun = false;
  let metadata = noMetadata;
  let pairs = 0; // more than one too many need not be kept to be refused
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) call = reader.uint();
    else if (field === 2) code = reader.uint();
    else if (field === 3) reason = reader.text();
    else if (field === 4) message = reader.text();
    else if (field === 5) details = reader.text();
    else if (field === 6) stack = reader.text();
    else if (field === 7) notBegun = reader.uint() !== 0;
    else if (field === 8 && pairs++ <= maxMetadataPairs) metadata = readPair(reader, metadata);
    else reader.skip();
  }
  return { kind: 'failure', call, code, reason, message, details, stack, notBegun, metadata };
}

function readChunk(reader: MessageReader): Frame {
  let number = 0;
  let data: Buffer = Buffer.alloc(0);
  let total = 0;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) number = reader.uint();
    else if (field === 2) data = reader.bytes();
    else if (field === 3) total = reader.uint();
    else reader.skip();
  }
  return { kind: 'chunk', number, data, total };
}

function readWord(reader: MessageReader, words: string[]): string[] {
  if (words.length >= maxParts) {
    const message = `a command line has more than ${String(maxParts)} words`;
    throw coreError('MESSAGE_TOO_COMPLEX', message, { details: { limit: 'words' } });
  }
  words.push(reader.text());
  return words;
}
