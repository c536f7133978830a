import { expect } from 'chai';
import fc from 'fast-check';

import { refusalOf } from '@patchbay/objects/testing';

import { prefixBytes, MessageSplitter, writePrefix } from '../src/message-splitter.js';

describe('the splitter of gRPC messages', () => {
  it('finds the messages however the stream is split', () => {
    const message = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(
        fc.array(message),
        fc.infiniteStream(fc.integer({ min: 1, max: 60 })),
        (messages, lengths) => {
          const bytes = Buffer.concat(messages.map(prefixed));
          const splitter = new MessageSplitter();
          const got: Buffer[] = [];
          for (let from = 0; from < bytes.length;) {
            const length = lengths.next().value as number;
            splitter.push(bytes.subarray(from, from + length), (each) => got.push(Buffer.from(each)));
            from += length;
          }
          expect(got).to.deep.equal(messages);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('refuses a compressed message', () => {
    const bytes = Buffer.from([1, 0, 0, 0, 0]);
    expect(
      refusalOf(() => {
        new MessageSplitter().push(bytes, () => undefined);
      }).reason,
    ).to.equal('MESSAGE_MALFORMED');
  });

  it('refuses a giant message by its prefix, before it arrives', () => {
    const bytes = Buffer.from([0, 0xff, 0xff, 0xff, 0xff]);
    expect(
      refusalOf(() => {
        new MessageSplitter().push(bytes, () => undefined);
      }).reason,
    ).to.equal('MESSAGE_TOO_LARGE');
  });
});

function prefixed(content: Buffer): Buffer {
  const message = Buffer.concat([Buffer.alloc(prefixBytes), content]);
  writePrefix(message, 0);
  return message;
}
