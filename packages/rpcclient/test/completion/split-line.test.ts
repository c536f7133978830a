import { expect } from 'chai';
import fc from 'fast-check';

import { escapeToken, splitLine, tokenize } from '../../src/completion/split-line.js';

describe('A line', () => {
  const rows: [line: string, tokens: string[], current: string, typed: string][] = [
    ['', [], '', ''],
    ['a', [], 'a', 'a'],
    ['a  b\tc', ['a', 'b'], 'c', 'c'],
    ['a ', ['a'], '', ''],
    ['a "b c"', ['a'], 'b c', '"b c"'],
    ['a "b c', ['a'], 'b c', '"b c'],
    ['a b\\ c', ['a'], 'b c', 'b\\ c'],
    ["'a\\' \"b\\\"\\n\" ''", ['a\\', 'b"\\n'], '', "''"],
    ['--size="20 GiB" x', ['--size=20 GiB'], 'x', 'x'],
    ['a b\\', ['a'], 'b', 'b\\'],
  ];
  for (const [line, tokens, current, typed] of rows) {
    it(`is split as a shell does: ${JSON.stringify(line)}`, () => {
      expect(splitLine(line))
        .to.include({ current, typed })
        .and.to.have.property('tokens')
        .deep.equal(tokens);
    });
  }

  it('has an empty last token if one is quoted', () => {
    expect(tokenize("a ''")).to.deep.equal(['a', '']);
    expect(tokenize('a ')).to.deep.equal(['a']);
  });

  for (const line of ['"', "a 'b", 'a "b\\"']) {
    it(`is refused when a quote is not closed: ${line}`, () => {
      expect(() => tokenize(line)).to.throw(/the quote .* is not closed/);
    });
  }

  it('returns escaped tokens unchanged, whatever they hold', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', minLength: 1 })), (tokens) => {
        expect(tokenize(tokens.map(escapeToken).join(' '))).to.deep.equal(tokens);
      }),
    );
  });
});
