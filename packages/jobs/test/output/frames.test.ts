import { expect } from 'chai';
import fc from 'fast-check';

import { refusalOf } from '@patchbay/objects/testing';

import {
  encodeFrames,
  FrameAssembler,
  frameHeaderBytes,
  framesIn,
  maxFrameBytes,
  type OutputStream,
  wholeFrames,
} from '../../src/output/frames.js';

const stream = fc.constantFrom<OutputStream>('out', 'err');
const writes = fc.array(fc.tuple(stream, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 40 })), {
  maxLength: 20,
});
const encode = (all: readonly (readonly [OutputStream, number, Uint8Array])[]): Buffer =>
  Buffer.concat(all.map((each) => encodeFrames(...each)));
const decode = (bytes: Buffer): [OutputStream, number, Uint8Array][] =>
  [...framesIn(bytes)].map((frame) => [frame.stream, frame.atMs, new Uint8Array(frame.bytes)]);

/** Cuts bytes in pieces of these sizes, repeated. */
function* cut(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  for (let at = 0, nth = 0; at < bytes.length; nth += 1) {
    const size = sizes[nth % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

describe('Frames of output', () => {
  it('return what was written, with stream and time', () => {
    fc.assert(
      fc.property(writes, (all) => {
        expect(decode(encode(all))).to.deep.equal(all);
      }),
    );
  });

  it('keep all 256 values of a byte', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, value) => value);
    expect(decode(encodeFrames('err', 7, bytes))).to.deep.equal([['err', 7, bytes]]);
  });

  it('are several where the bytes are too many for one, and none where there are none', () => {
    const bytes = Buffer.alloc(2 * maxFrameBytes + 1, 'x');
    const frames = [...framesIn(encodeFrames('out', 1, bytes))];
    expect(frames.map((frame) => frame.bytes.length)).to.deep.equal([maxFrameBytes, maxFrameBytes, 1]);
    expect(encodeFrames('out', 1, new Uint8Array())).to.have.length(0);
  });

  it('are put together from any pieces', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(writes, sizes, fc.nat(1_000), (all, each, offset) => {
        const bytes = encode(all);
        const frames = new FrameAssembler(offset);
        const whole = [...cut(bytes, each)].map((piece) => {
          const some = Buffer.from(frames.push(piece));
          expect(wholeFrames(some)).to.equal(some.length);
          return some;
        });
        expect(Buffer.concat(whole)).to.deep.equal(bytes);
        expect(frames.offset).to.equal(offset + bytes.length);
      }),
    );
  });

  it('leave out one that is cut off at the end', () => {
    fc.assert(
      fc.property(
        writes,
        fc.tuple(stream, fc.nat(), fc.uint8Array({ minLength: 1 })),
        fc.nat(),
        (all, last, n) => {
          const whole = encode(all);
          const bytes = Buffer.concat([whole, encode([last])]);
          const kept = whole.length + (n % (bytes.length - whole.length));
          expect(wholeFrames(bytes.subarray(0, kept))).to.equal(whole.length);
          expect(decode(bytes.subarray(0, kept))).to.deep.equal(all);
        },
      ),
    );
  });

  it('are refused where one ought to begin and something else does, with its offset', () => {
    const good = encodeFrames('out', 0, Buffer.from('good'));
    const empty = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
    for (const bad of [Buffer.from([0]), Buffer.from([3]), Buffer.from([255]), empty]) {
      const refused = refusalOf(() => wholeFrames(Buffer.concat([good, bad]), 100));
      expect(refused.reason).to.equal('OUTPUT_INVALID');
      expect(refused.details).to.deep.equal({ next: 100 + good.length });
    }
  });

  it('have times that fit, whatever the clock did', () => {
    for (const [given, kept] of [
      [-5, 0],
      [1.5, 1],
      [Number.MAX_SAFE_INTEGER, 2 ** 40 - 1],
    ] as const) {
      expect([...framesIn(encodeFrames('out', given, Buffer.from('x')))][0]?.atMs).to.equal(kept);
    }
    expect(frameHeaderBytes).to.equal(8);
  });
});
