import { expect } from 'chai';
import fc from 'fast-check';
import protobuf from 'protobufjs';

import { BackwardWriter } from '../../src/protocol/backward-writer.js';

type Field = { readonly number: number } & (
  | { readonly kind: 'uint'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'bytes'; readonly value: Uint8Array }
  | { readonly kind: 'message'; readonly value: readonly Field[] }
);

const maxFieldNumber = 2 ** 29 - 1;
const number = fc.oneof(
  fc.integer({ min: 1, max: 40 }),
  fc.constantFrom(15, 16, 2047, 2048, maxFieldNumber),
  fc.integer({ min: 1, max: maxFieldNumber }),
);
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.string({ minLength: 60, maxLength: 70 }),
);
const { field: anyField } = fc.letrec<{ field: Field }>((tie) => ({
  field: fc.oneof(
    { maxDepth: 3 },
    fc.record({
      number,
      kind: fc.constant('uint' as const),
      value: fc.oneof(fc.nat(300), fc.maxSafeNat()),
    }),
    fc.record({ number, kind: fc.constant('text' as const), value: text }),
    fc.record({
      number,
      kind: fc.constant('bytes' as const),
      value: fc.uint8Array({ maxLength: 300 }),
    }),
    fc.record({
      number,
      kind: fc.constant('message' as const),
      value: fc.array(tie('field'), { maxLength: 4 }),
    }),
  ),
}));

describe('a backward writer', () => {
  it('writes what protobufjs writes, for any field number and however small its buffer is', () => {
    fc.assert(
      fc.property(
        fc.array(anyField, { maxLength: 6 }),
        fc.integer({ min: 1, max: 64 }),
        (fields, capacity) => {
          const writer = new BackwardWriter(capacity);
          write(writer, fields);
          expect(writer.finish(0).toString('hex')).to.equal(protobufOf(fields).toString('hex'));
        },
      ),
    );
  });
});

function write(writer: BackwardWriter, fields: readonly Field[]): void {
  for (const field of [...fields].reverse()) {
    if (field.kind === 'uint') {
      writer.uint(field.number, field.value);
    } else if (field.kind === 'text') {
      writer.text(field.number, field.value);
    } else if (field.kind === 'bytes') {
      writer.bytes(field.number, field.value);
    } else {
      const mark = writer.mark();
      write(writer, field.value);
      writer.message(field.number, mark);
    }
  }
}

function protobufOf(fields: readonly Field[]): Buffer {
  const writer = protobuf.Writer.create();
  for (const { number: at, kind, value } of fields) {
    const tag = at * 8 + (kind === 'uint' ? 0 : 2);
    if (kind === 'uint') {
      // Default values are left out, and protobufjs takes a number for 64 bits.
      if (value !== 0) {
        writer.uint32(tag).uint64(value);
      }
    } else if (kind === 'text') {
      if (value !== '') {
        writer.uint32(tag).string(value);
      }
    } else {
      writer.uint32(tag).bytes(kind === 'bytes' ? value : protobufOf(value));
    }
  }
  return Buffer.from(writer.finish());
}
