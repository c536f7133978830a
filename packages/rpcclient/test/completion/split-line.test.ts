import { expect } from 'chai';
import fc from 'fast-check';

import { escapeWord, splitLine, wordsOfLine } from '../../src/completion/split-line.js';

describe('A line', () => {
  const rows: [line: string, words: string[], current: string, typed: string][] = [
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
  for (const [line, words, current, typed] of rows) {
    it(`is taken apart as a shell does: ${JSON.stringify(line)}`, () => {
      expect(splitLine(line)).to.include({ current, typed }).and.to.have.property('words').deep.equal(words);
    });
  }

  it('has a last word that is empty where it is written so', () => {
    expect(wordsOfLine("a ''")).to.deep.equal(['a', '']);
    expect(wordsOfLine('a ')).to.deep.equal(['a']);
  });

  for (const line of ['"', "a 'b", 'a "b\\"']) {
    it(`is refused when a quote is not closed: ${line}`, () => {
      expect(() => wordsOfLine(line)).to.throw(/the quote .* is not closed/);
    });
  }

  it('gives back the words that were escaped for it, whatever they hold', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', minLength: 1 })), (words) => {
        expect(wordsOfLine(words.map(escapeWord).join(' '))).to.deep.equal(words);
      }),
    );
  });
});
