import type { MessageTypeDefinition } from '@grpc/proto-loader';
import { expect } from 'chai';
import fc from 'fast-check';

import { isRpcError } from '@patchbay/objects';
import { refusalOf } from '@patchbay/objects/testing';
import {
  type Attachment,
  decodeFrame,
  decodeFrames,
  encodeFrame,
  type Frame,
  type Payload,
} from '@patchbay/session';
import { anyFrame } from '@patchbay/session/testing';

import type { Attachment as ProtoAttachment } from '../../src/generated/patchbay/v1/Attachment.js';
import type { Frame as ProtoFrame, FrameInput } from '../../src/generated/patchbay/v1/Frame.js';
import type { Payload as ProtoPayload } from '../../src/generated/patchbay/v1/Payload.js';
import { packageDefinition } from '../../src/index.js';

const proto = packageDefinition['patchbay.v1.Frames'] as unknown as {
  serialize(message: { frames: FrameInput[] }): Buffer;
  deserialize(bytes: Buffer): { frames: ProtoFrame[] };
} & MessageTypeDefinition<object, object>;

describe('the codec of frames', () => {
  it('writes what proto-loader reads from the same .proto', () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 4 }), (frames) => {
        const read = proto.deserialize(joined(frames)).frames;
        expect(read.map(fromProto)).to.deep.equal(frames);
      }),
    );
  });

  it('reads what proto-loader writes by the same .proto', () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 4 }), (frames) => {
        const written = proto.serialize({ frames: frames.map(toProto) });
        expect(decodeFrames(Buffer.from(written))).to.deep.equal(frames);
      }),
    );
  });

  it('reads and writes what proves who opens a session as proto-loader does, and keeps it as it was sent', () => {
    const auth = {
      ...{ server: 'spiffe://c1/host/h1/s1/r1', key: '0123456789ab', claims: 'me' },
      ...{ challenge: Buffer.alloc(32, 1), proof: Buffer.alloc(32, 2) },
    };
    const empty = decodeFrames(Buffer.from(proto.serialize({ frames: [{ hello: {} }] })))[0] as Frame & {
      kind: 'hello';
    };
    const frame: Frame = { ...empty, auth };
    expect(fromProto(proto.deserialize(joined([frame])).frames[0]!)).to.deep.equal(frame);
    const message = Buffer.from(proto.serialize({ frames: [{ hello: auth }] }));
    const [read] = decodeFrames(message);
    expect(read).to.deep.equal({ ...frame, auth: { ...auth, encoded: message.subarray(4) } });
  });

  it('round-trips a single frame', () => {
    fc.assert(
      fc.property(anyFrame, (frame) => {
        expect(decodeFrame(encodeFrame(frame))).to.deep.equal(frame);
      }),
    );
  });

  it('skips the fields of a later version, whatever their wire type', () => {
    const varints = [0x78, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]; // field 15: 2^64 - 1
    const fixed = [0x79, 1, 2, 3, 4, 5, 6, 7, 8, 0x7d, 1, 2, 3, 4]; // 64 bits, 32 bits
    const delimited = [0x7a, 3, 0x08, 0x09, 0x0a, 0x7a, 0]; // three bytes that look like tags; none
    const unknown = Buffer.from([...varints, ...fixed, ...delimited]);
    const cancel = Buffer.concat([unknown, Buffer.from([0x08, 7]), unknown]);
    const frame = Buffer.concat([unknown, Buffer.from([0x1a, cancel.length]), cancel]);
    const message = Buffer.concat([unknown, Buffer.from([0x0a, frame.length]), frame, unknown]);
    expect(decodeFrames(message)).to.deep.equal([{ kind: 'cancel', call: 7 }]);
  });

  it('decodes any bytes to frames or MESSAGE_MALFORMED', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expectFramesOrMalformed(Buffer.from(bytes));
      }),
      { numRuns: 2_000 },
    );
  });

  it('decodes a damaged message to frames or MESSAGE_MALFORMED', () => {
    fc.assert(
      fc.property(
        fc.array(anyFrame, { minLength: 1, maxLength: 3 }),
        fc.nat(),
        fc.nat(255),
        (frames, at, byte) => {
          const message = joined(frames);
          message[at % message.length] = byte;
          expectFramesOrMalformed(message);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('refuses every message that is truncated within a frame', () => {
    fc.assert(
      fc.property(anyFrame, fc.nat(), (frame, at) => {
        const message = joined([frame]);
        const cut = message.subarray(0, 1 + (at % (message.length - 1)));
        expect(refusalOf(() => decodeFrames(cut)).reason).to.equal('MESSAGE_MALFORMED');
      }),
    );
  });

  const wrong: readonly (readonly [string, readonly number[]])[] = [
    ['a field numbered 0', [0x00, 0x01]],
    ['a frame without a kind', [0x0a, 0x00]],
    ['a frame of a kind that this version does not know', [0x0a, 0x03, 0x7a, 0x01, 0x00]],
    ['a group, which proto3 does not have', [0x13, 0x14]],
    ['a frame that is a number', [0x08, 0x01]],
    ['a call numbered 2^53', [0x0a, 0x0b, 0x1a, 0x09, 0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10]],
    ['a number without an end', [0x0a, 0x04, 0x1a, 0x02, 0x08, 0xff]],
    ['a length beyond its message', [0x0a, 0x7f, 0x1a, 0x00]],
  ];
  for (const [what, bytes] of wrong) {
    it(`refuses ${what}`, () => {
      expect(refusalOf(() => decodeFrames(Buffer.from(bytes))).reason).to.equal('MESSAGE_MALFORMED');
    });
  }

  it('keeps no giant buffer, and writes the next frame correctly', () => {
    const giant: Frame = { kind: 'chunk', number: 1, data: Buffer.alloc(3_000_000, 7), total: 3_000_000 };
    const small: Frame = { kind: 'cancel', call: 3 };
    expect(decodeFrame(encodeFrame(giant))).to.deep.equal(giant);
    expect(decodeFrame(encodeFrame(small))).to.deep.equal(small);
  });
});

function joined(frames: readonly Frame[]): Buffer {
  const parts = frames.map((frame) => {
    const encoded = encodeFrame(frame);
    const length: number[] = [];
    let rest = encoded.length;
    for (; rest > 0x7f; rest >>>= 7) {
      length.push((rest & 0x7f) | 0x80);
    }
    return Buffer.concat([Buffer.from([0x0a, ...length, rest]), encoded]);
  });
  return Buffer.concat(parts);
}

function expectFramesOrMalformed(message: Buffer): void {
  try {
    expect(decodeFrames(message)).to.be.an('array');
  } catch (error) {
    expect(isRpcError(error, 'MESSAGE_MALFORMED'), String(error)).to.equal(true);
  }
}

function toProto(frame: Frame): FrameInput {
  switch (frame.kind) {
    case 'hello': {
      const idempotent = frame.idempotent.map(({ object, methods }) => ({ object, methods: [...methods] }));
      return { hello: { ...frame, maxFrame: frame.maxFrameBytes, idempotent } };
    }
    case 'invoke':
      return {
        invoke: {
          ...frame,
          correlation: frame.correlationId,
          ...('words' in frame.input
            ? {
                words: [...frame.input.words],
                asWords: true,
                arguments: toProtoPayload({ json: '', attachments: frame.input.streams }),
              }
            : { arguments: toProtoPayload(frame.input.values) }),
        },
      };
    case 'cancel':
      return { cancel: frame };
    case 'credit':
      return { credit: frame };
    case 'item':
      return { item: { ...frame, value: toProtoPayload(frame.value) } };
    case 'result':
      return { result: { ...frame, value: toProtoPayload(frame.value) } };
    case 'failure':
      return { failure: { ...frame, details: Buffer.from(frame.details) } };
    case 'chunk':
      return { chunk: frame };
    case 'end':
      return { end: frame };
    case 'release':
      return { release: frame };
    case 'heartbeat':
      return { heartbeat: {} };
    case 'subscription':
      return { subscription: frame };
  }
}

function toProtoPayload(payload: Payload): object {
  return {
    json: Buffer.from(payload.json),
    attachments: payload.attachments.map(({ path, content }) => ({
      path,
      ...(typeof content === 'string'
        ? { text: content }
        : 'kind' in content
          ? { [content.kind]: content.number }
          : { data: content }),
    })),
  };
}

function fromProto(frame: ProtoFrame): Frame {
  switch (frame.kind) {
    case 'hello': {
      const { maxFrame: maxFrameBytes, server, challenge, key, proof, claims, ...rest } = frame.hello!;
      const auth = { server, challenge, key, proof, claims };
      const hasAuth = Object.values(auth).some(({ length }) => length > 0);
      return { kind: 'hello', ...rest, maxFrameBytes, ...(hasAuth && { auth }) };
    }
    case 'invoke': {
      const { words, asWords, arguments: sent, correlation: correlationId, ...rest } = frame.invoke!;
      const input = asWords
        ? { words, streams: sent === null ? [] : fromProtoPayload(sent).attachments }
        : { values: fromProtoPayload(sent) };
      return { kind: 'invoke', ...rest, correlationId, input };
    }
    case 'cancel':
      return { kind: 'cancel', ...frame.cancel! };
    case 'credit':
      return { kind: 'credit', ...frame.credit! };
    case 'item':
      return { kind: 'item', ...frame.item!, value: fromProtoPayload(frame.item!.value) };
    case 'result': {
      const { value, ...rest } = frame.result!;
      return { kind: 'result', ...rest, value: fromProtoPayload(value) };
    }
    case 'failure':
      return { kind: 'failure', ...frame.failure!, details: frame.failure!.details.toString() };
    case 'chunk':
      return { kind: 'chunk', ...frame.chunk! };
    case 'end':
      return { kind: 'end', ...frame.end! };
    case 'release':
      return { kind: 'release', ...frame.release! };
    case 'heartbeat':
      return { kind: 'heartbeat' };
    case 'subscription':
      return { kind: 'subscription', ...frame.subscription! };
    default:
      throw new Error('a frame without a kind');
  }
}

function fromProtoPayload(payload: ProtoPayload | null): Payload {
  return {
    json: payload!.json.toString(),
    attachments: payload!.attachments.map((each) => ({
      path: each.path,
      content: contentOf(each),
    })),
  };
}

function contentOf({ content, ...each }: ProtoAttachment): Attachment['content'] {
  switch (content) {
    case 'stream':
    case 'callback':
    case 'object':
      return { kind: content, number: each[content]! };
    case 'data':
      return each.data!;
    default:
      return each.text!;
  }
}
