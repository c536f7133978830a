import { expect } from 'chai';
import fc from 'fast-check';

import { refusalOf } from '@patchbay/objects/testing';

import { decodeFrame } from '../../src/protocol/decode-frames.js';
import { encodeFrame } from '../../src/protocol/encode-frames.js';
import { decodePayload } from '../../src/protocol/decode-payload.js';
import { encodePayload } from '../../src/protocol/encode-payload.js';
import type { Payload } from '../../src/protocol/frame.js';

const longText = 'long '.repeat(400);
const leaf = fc.oneof(
  fc.jsonValue({ maxDepth: 1 }),
  fc.constantFrom(longText, `${longText}\u{1f4be}`, `${longText}\ud800`),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
);
const key = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toString', '0', ''));
const { value: anyValue } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
  ),
}));

describe('the payload of a call', () => {
  it('round-trips any JSON value with long strings and bytes anywhere', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const got = decodePayload(overTheWire(encodePayload(value, 'value')));
        expect(got).to.deep.equal(asJson(value));
      }),
      { numRuns: 500 },
    );
  });

  it('leaves a string in the JSON that UTF-8 cannot represent', () => {
    const value = { '\ud800': longText, half: `${longText}\udfff` };
    expect(decodePayload(overTheWire(encodePayload({ ...value, longText }, 'value')))).to.deep.equal({
      ...value,
      longText,
    });
  });

  it('represents undefined, and omits members that are undefined', () => {
    expect(decodePayload(overTheWire(encodePayload(undefined, 'value')))).to.equal(undefined);
    expect(decodePayload(encodePayload({ a: undefined, b: 1 }, 'value'))).to.deep.equal({ b: 1 });
  });

  it('lets go of the message when a small part of it is kept', () => {
    const sent = encodePayload({ id: Buffer.alloc(16, 1), content: Buffer.alloc(200_000, 2) }, 'value');
    const { id, content } = decodePayload(overTheWire(sent)) as Record<'id' | 'content', Buffer>;
    expect(id).to.deep.equal(Buffer.alloc(16, 1));
    expect(id.buffer.byteLength).to.be.at.most(Buffer.poolSize);
    expect(content.buffer.byteLength).to.be.within(200_000, 800_000); // large parts are not copied
  });

  it('attaches long strings and bytes to the JSON, in which they are null', () => {
    const payload = encodePayload(
      { text: longText, data: Buffer.from([1]), list: ['short', longText] },
      'value',
    );
    expect(JSON.parse(String(payload.json))).to.deep.equal({ text: null, data: null, list: ['short', null] });
    expect(payload.attachments.map(({ path }) => path)).to.deep.equal([['text'], ['data'], ['list', '1']]);
  });

  it('respects the toJSON method of a value', () => {
    const moment = new Date(0);
    const secretive = { secret: longText, toJSON: () => 'nothing to see' };
    expect(decodePayload(encodePayload([moment, secretive], 'value'))).to.deep.equal([
      '1970-01-01T00:00:00.000Z',
      'nothing to see',
    ]);
  });

  it('refuses bytes under a key that UTF-8 cannot represent', () => {
    expect(refusalOf(() => encodePayload({ '\ud800': Buffer.from([1]) }, 'value')).reason).to.equal(
      'ARGUMENT_INVALID',
    );
  });

  const misplaced: readonly (readonly [string, Payload])[] = [
    ['a place that is not there', { json: '{}', attachments: [{ path: ['a'], content: 'x' }] }],
    ['a path that holds another value', { json: '{"a":1}', attachments: [{ path: ['a'], content: 'x' }] }],
    ['a prototype', { json: '{}', attachments: [{ path: ['__proto__', 'polluted'], content: 'x' }] }],
    ['a constructor', { json: '{}', attachments: [{ path: ['constructor', 'name'], content: 'x' }] }],
    ['the length of an array', { json: '[]', attachments: [{ path: ['length'], content: 'x' }] }],
    ['a letter of a text', { json: '"abc"', attachments: [{ path: ['0'], content: 'x' }] }],
    ['nothing', { json: '1', attachments: [{ path: [], content: 'x' }] }],
  ];
  for (const [where, payload] of misplaced) {
    it(`refuses an attachment at ${where}`, () => {
      expect(refusalOf(() => decodePayload(payload)).reason).to.equal('MESSAGE_MALFORMED');
      expect(({} as { polluted?: unknown }).polluted).to.equal(undefined);
    });
  }

  it('refuses what is not JSON', () => {
    expect(refusalOf(() => decodePayload({ json: '{"a":', attachments: [] })).reason).to.equal(
      'MESSAGE_MALFORMED',
    );
  });
});

function overTheWire(value: Payload): Payload {
  const frame = decodeFrame(encodeFrame({ kind: 'result', call: 1, value }));
  return frame.kind === 'result' ? frame.value : { json: '', attachments: [] };
}

/** Round-trips a value through JSON except for its bytes: -0 becomes 0. */
function asJson(value: unknown): unknown {
  if (value instanceof Uint8Array) {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map(asJson);
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, asJson(member)]));
  }
  return JSON.parse(JSON.stringify(value));
}
