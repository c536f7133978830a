import { expect } from 'chai';
import fc from 'fast-check';

import { maxNesting, parseJson } from '../../src/text/parse-json.js';
import { refusalOf } from '../../src/testing/index.js';

/** Pads JSON to where it is scanned. */
function long(json: string): string {
  return json + ' '.repeat(1025);
}

function nested(levels: number): string {
  return long('['.repeat(levels) + ']'.repeat(levels));
}

describe('parseJson', () => {
  it('parses what JSON.parse parses, whatever its strings hold', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4, noUnicodeString: false }), fc.string(), (value, text) => {
        const whole = [value, `"${text}\\`, { [`${text}\\"[{`]: text }];
        const json = JSON.stringify(whole);
        expect(parseJson(long(json))).to.deep.equal(JSON.parse(json)); // which has no -0
      }),
    );
  });

  it('counts what is in strings for nothing', () => {
    const json = JSON.stringify(['[{,:'.repeat(1_000), '\\"[,'.repeat(1_000), '\\']);
    expect(parseJson(json, 4)).to.deep.equal(JSON.parse(json));
  });

  for (const [what, json, limit] of [
    ['nesting', nested(maxNesting + 1), 'maxNesting'],
    ['unfinished nesting', '['.repeat(100_000), 'maxNesting'],
    ['nested objects', long('{"a":'.repeat(300)), 'maxNesting'],
    ['items', `[${'0,'.repeat(1_000)}0]`, 'maxValues'],
    ['keys', JSON.stringify(Object.fromEntries(Array.from({ length: 501 }, (_, n) => [n, n]))), 'maxValues'],
    ['empty lists', `[${'[],'.repeat(600)}0]`, 'maxValues'],
  ] as const) {
    it(`refuses too many ${what} before it parses them`, () => {
      const error = refusalOf(() => parseJson(json, 1_000));
      expect(error).to.include({ code: 'RESOURCE_EXHAUSTED', reason: 'MESSAGE_TOO_COMPLEX' });
      expect(error.details).to.include({ limit });
    });
  }

  it('accepts values up to the limits', () => {
    expect(() => parseJson(nested(maxNesting))).not.to.throw();
    expect(parseJson(`[${'0,'.repeat(999)}0]`, 1_000)).to.have.length(1_000);
  });

  for (const json of ['"never ends', '["\\', '{"a"', '[1,]', '\\"']) {
    it(`leaves to JSON.parse what is no JSON: ${json}`, () => {
      expect(() => parseJson(json.padStart(1100))).to.throw(SyntaxError);
    });
  }
});
