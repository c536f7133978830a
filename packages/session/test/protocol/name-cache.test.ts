import { expect } from 'chai';
import fc from 'fast-check';

import { NameCache } from '../../src/protocol/name-cache.js';

describe('NameCache', () => {
  it('decodes every name as if it came for the first time', () => {
    const cache = new NameCache();
    const name = fc.oneof(
      fc.constantFrom('storage', 'provision', 'provisioo', 'ns', 'é', ''),
      fc.string({ unit: 'grapheme', maxLength: 80 }),
      fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
    );
    fc.assert(
      fc.property(fc.array(name, { maxLength: 20 }), fc.nat(5), (names, before) => {
        for (const each of names) {
          const bytes = Buffer.from(each);
          const message = Buffer.concat([Buffer.alloc(before, 0x61), bytes, Buffer.from('behind')]);
          expect(cache.decode(message, before, before + bytes.length)).to.equal(bytes.toString('utf8'));
        }
      }),
    );
  });

  it('keeps a name when its message is overwritten', () => {
    const cache = new NameCache();
    const message = Buffer.from('storage');
    expect(cache.decode(message, 0, 7)).to.equal('storage');
    message.fill('x');
    expect(cache.decode(Buffer.from('storage'), 0, 7)).to.equal('storage');
    expect(cache.decode(message, 0, 7)).to.equal('xxxxxxx');
  });
});
