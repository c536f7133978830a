import fc from 'fast-check';

import type { Attachment, Frame, Payload } from '../protocol/frame.js';

const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const callNumber = fc.oneof(fc.nat(), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }));
/** Strings without lone surrogates: protobuf's are UTF-8. */
const text = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }));
const bytes = fc.uint8Array({ maxLength: 300 }).map((each) => Buffer.from(each));

const attachment: fc.Arbitrary<Attachment> = fc.record({
  path: fc.array(fc.oneof(text, fc.constant('__proto__')), { maxLength: 4 }),
  content: fc.oneof(
    text,
    bytes,
    fc.record({
      kind: fc.constantFrom('stream' as const, 'callback' as const, 'object' as const),
      number: fc.integer({ min: 1, max: 0xffff_ffff }),
    }),
  ),
});
const payload: fc.Arbitrary<Payload> = fc.record({
  json: text,
  attachments: fc.array(attachment, { maxLength: 3 }),
});

/** Frames of every kind. */
export const anyFrame: fc.Arbitrary<Frame> = fc.oneof(
  fc.record<Frame & { kind: 'hello' }>({
    kind: fc.constant('hello'),
    client: text,
    maxCalls: uint32,
    itemWindow: uint32,
    maxFrameBytes: uint32,
    idempotent: fc.array(fc.record({ object: text, methods: fc.array(text, { maxLength: 3 }) }), {
      maxLength: 3,
    }),
  }),
  fc.record<Frame & { kind: 'invoke' }>({
    kind: fc.constant('invoke'),
    call: callNumber,
    object: text,
    method: text,
    input: fc.oneof(
      fc.record({ values: payload }),
      fc.record({
        words: fc.array(text, { maxLength: 5 }),
        streams: fc.array(attachment, { maxLength: 2 }),
      }),
    ),
    timeoutMs: uint32,
    correlationId: text,
    oneWay: fc.boolean(),
    target: callNumber,
    ofCall: callNumber,
    callback: uint32,
  }),
  fc.record<Frame & { kind: 'cancel' }>({ kind: fc.constant('cancel'), call: callNumber }),
  fc.record<Frame & { kind: 'credit' }>({
    kind: fc.constant('credit'),
    call: callNumber,
    bytes: uint32,
    stream: uint32,
  }),
  fc.record<Frame & { kind: 'item' }>({
    kind: fc.constant('item'),
    call: callNumber,
    value: payload,
    stream: uint32,
  }),
  fc.record<Frame & { kind: 'result' }>({ kind: fc.constant('result'), call: callNumber, value: payload }),
  fc.record<Frame & { kind: 'failure' }>({
    kind: fc.constant('failure'),
    call: callNumber,
    code: uint32,
    reason: text,
    message: text,
    details: text,
    stack: text,
    notBegun: fc.boolean(),
  }),
  fc.record<Frame & { kind: 'chunk' }>({
    kind: fc.constant('chunk'),
    number: uint32,
    data: bytes,
    total: uint32,
  }),
  fc.record<Frame & { kind: 'end' }>({ kind: fc.constant('end'), call: callNumber, stream: uint32 }),
  fc.record<Frame & { kind: 'release' }>({ kind: fc.constant('release'), object: callNumber }),
);
