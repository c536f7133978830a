import { expect } from 'chai';
import fc from 'fast-check';

import { frameFlags, frameTypes, makeFrame } from '../../../src/client/http2/frame.js';
import { FrameReader } from '../../../src/client/http2/frame-reader.js';

const settings = makeFrame(frameTypes.settings, 0, 0, Buffer.alloc(0));

/** Reads pieces of a stream, and returns the data as one string, and the other frames. */
function read(pieces: readonly Buffer[]): { data: string; last: number; control: unknown[] } {
  const seen = { data: '', last: 0, control: [] as unknown[] };
  const reader = new FrameReader({
    onData: (data) => {
      seen.data += data.toString('latin1');
    },
    onLastData: () => {
      seen.last += 1;
    },
    onControl: ({ type, flags, stream, payload }) => {
      seen.control.push([type, flags, stream, payload.toString('latin1')]);
    },
  });
  for (const piece of pieces) {
    reader.push(piece);
  }
  return seen;
}

function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const cuts = [0, ...at.map((each) => each % bytes.length).sort((a, b) => a - b), bytes.length];
  return cuts.slice(1).map((end, index) => bytes.subarray(cuts[index], end));
}

describe('a reader of HTTP/2 frames', () => {
  it('finds the same frames however the bytes are split', () => {
    const bytes = Buffer.concat([
      settings,
      makeFrame(frameTypes.headers, frameFlags.endHeaders, 1, Buffer.from('headers')),
      makeFrame(frameTypes.data, 0, 1, Buffer.from('some ')),
      makeFrame(frameTypes.data, 0, 1, Buffer.alloc(0)),
      makeFrame(frameTypes.ping, 0, 0, Buffer.from('12345678')),
      makeFrame(frameTypes.data, frameFlags.padded, 1, Buffer.from('\u0002data__')),
      makeFrame(0xbe, 0, 1, Buffer.from('of a type that nobody knows')),
      makeFrame(frameTypes.data, frameFlags.endStream, 1, Buffer.from('!')),
    ]);
    const whole = read([bytes]);
    expect(whole.data).to.equal('some data!');
    expect(whole.last).to.equal(1);
    expect(whole.control).to.have.length(4);
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 12 }), (at) => {
        expect(read(cut(bytes, at))).to.deep.equal(whole);
      }),
    );
  });

  const wrong: [what: string, bytes: Buffer, message: RegExp][] = [
    ['HTTP/1', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), /does not speak HTTP\/2/],
    [
      'a frame that is too long',
      Buffer.concat([settings, Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 1])]),
      /65536/,
    ],
    [
      'nothing but padding',
      Buffer.concat([settings, makeFrame(frameTypes.data, frameFlags.padded, 1, Buffer.from('\u0009x'))]),
      /all padding/,
    ],
  ];
  for (const [what, bytes, message] of wrong) {
    it(`refuses ${what}`, () => {
      expect(() => read([bytes])).to.throw(message);
    });
  }
});
