import { expect } from 'chai';
import fc from 'fast-check';

import { macAddress, nodeName } from '../src/names.js';

const byte = fc.integer({ min: 0, max: 255 }).map((value) => value.toString(16).padStart(2, '0'));
const cardBytes = fc
  .array(byte, { minLength: 6, maxLength: 6 })
  .map(([first = '', ...rest]) => [
    (Number.parseInt(first, 16) & 0xfe).toString(16).padStart(2, '0'),
    ...rest,
  ])
  .filter((bytes) => bytes.join('') !== '000000000000');

describe('macAddress', () => {
  it('normalizes every notation to the same address', () => {
    fc.assert(
      fc.property(cardBytes, fc.constantFrom(':', '-', ''), fc.boolean(), (bytes, between, upper) => {
        const written = bytes.join(between);
        expect(macAddress.parse(upper ? written.toUpperCase() : written)).to.equal(bytes.join(':'));
      }),
    );
  });

  const wrong: readonly (readonly [what: string, text: string])[] = [
    ['nothing', ''],
    ['five bytes', '52:54:00:12:34'],
    ['seven bytes', '52:54:00:12:34:56:78'],
    ['two ways at once', '52:54-00:12:34:56'],
    ['what is no digit', '52:54:00:12:34:5g'],
    ['a group', '01:00:5e:00:00:01'],
    ['everybody', 'ff:ff:ff:ff:ff:ff'],
    ['zero', '00:00:00:00:00:00'],
    ['what follows on another line', '52:54:00:12:34:56\n'],
  ];
  for (const [what, text] of wrong) {
    it(`refuses ${what}`, () => {
      expect(macAddress.safeParse(text).success).to.equal(false);
    });
  }
});

describe('nodeName', () => {
  it('quotes the name that it refuses, as it may be one of a whole file', () => {
    const { error } = nodeName.safeParse('# rack 3');
    expect(error?.issues[0]?.message).to.contain('not "# rack 3"');
  });
});
