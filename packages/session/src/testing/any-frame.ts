import fc from 'fast-check';

import { type CallMetadata, noMetadata } from '@patchbay/objects';

import type { Attachment, Frame, Payload } from '../protocol/frame.js';

type Fields<T> = { readonly [Name in keyof T]: fc.Arbitrary<T[Name]> };

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

/** As decoded: without a prototype, and the one object for none. */
const metadata: fc.Arbitrary<CallMetadata> = fc
  .dictionary(fc.oneof(text, fc.constant('__proto__')), text, { maxKeys: 3 })
  .map((pairs) =>
    Object.keys(pairs).length === 0
      ? noMetadata
      : Object.assign(Object.create(null) as Record<string, string>, pairs),
  );

/** Frames of one kind, with fields of these values. */
function frames<Kind extends Frame['kind']>(
  kind: Kind,
  fields: Fields<Omit<Extract<Frame, { kind: Kind }>, 'kind'>>,
): fc.Arbitrary<Frame> {
  return fc.record({ kind: fc.constant(kind), ...fields }) as fc.Arbitrary<unknown> as fc.Arbitrary<Frame>;
}

/** Frames of every kind. */
export const anyFrame: fc.Arbitrary<Frame> = fc.oneof(
  frames('hello', {
    client: text,
    maxCalls: uint32,
    itemWindow: uint32,
    itemCountWindow: uint32,
    maxFrameBytes: uint32,
    idempotent: fc.array(fc.record({ object: text, methods: fc.array(text, { maxLength: 3 }) }), {
      maxLength: 3,
    }),
    heartbeatMs: uint32,
    methodTimeouts: fc.boolean(),
    keepsFunctions: fc.boolean(),
  }),
  frames('invoke', {
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
    methodTimeout: fc.boolean(),
    correlationId: text,
    oneWay: fc.boolean(),
    target: callNumber,
    ofCall: callNumber,
    callback: uint32,
    metadata,
    isRead: fc.boolean(),
    onBehalfOf: text,
  }),
  frames('cancel', { call: callNumber }),
  frames('credit', { call: callNumber, bytes: uint32, items: uint32, stream: uint32 }),
  frames('item', { call: callNumber, value: payload, stream: uint32 }),
  frames('result', { call: callNumber, value: payload, metadata }),
  frames('failure', {
    call: callNumber,
    code: uint32,
    reason: text,
    message: text,
    details: text,
    stack: text,
    notBegun: fc.boolean(),
    metadata,
  }),
  frames('chunk', { number: uint32, data: bytes, total: uint32 }),
  frames('end', { call: callNumber, stream: uint32 }),
  frames('release', { object: callNumber }),
  frames('heartbeat', {}),
  frames('subscription', { call: callNumber, callback: uint32, released: fc.boolean() }),
);
