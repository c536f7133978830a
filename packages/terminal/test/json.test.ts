import { expect } from 'chai';

import { jsonText } from '../src/json.js';

describe('JSON for programs', () => {
  it('is one line', () => {
    expect(jsonText({ a: ['x\ny', null, 1.5] })).to.equal('{"a":["x\\ny",null,1.5]}');
  });

  for (const bytes of [new Uint8Array([1, 2, 255]), Buffer.from([1, 2, 255])]) {
    it(`has the bytes of a ${bytes.constructor.name} as base64, wherever they are`, () => {
      expect(jsonText(bytes)).to.equal('"AQL/"');
      expect(jsonText({ a: [bytes] })).to.equal('{"a":["AQL/"]}');
    });
  }
});
