import { expect } from 'chai';
import fc from 'fast-check';

import { displayWidth, escapeControls, escapeLines, padToWidth } from '../src/terminal.js';

describe('escapeControls', () => {
  it('leaves ordinary text of any script as it is', () => {
    expect(escapeControls('node7 – Größe 日本 👩‍🚀 "x"')).to.equal('node7 – Größe 日本 👩‍🚀 "x"');
  });

  it('escapes half of a character', () => {
    expect(escapeControls('a\ud83db')).to.equal('a\\ud83db');
  });

  it('is idempotent', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const escaped = escapeControls(text);
        expect(escapeControls(escaped)).to.equal(escaped);
      }),
    );
  });
});

describe('escapeLines', () => {
  it('keeps line ends and tabs and escapes every other control', () => {
    expect(escapeLines('a\tb\r\nc\rd\u001b[m\n')).to.equal('a\tb\nc\\rd\\u001b[m\n');
  });
});

describe('displayWidth', () => {
  const rows: [text: string, width: number][] = [
    ['', 0],
    ['node7', 5],
    ['Größe', 5],
    ['e\u0301', 1],
    ['日本', 4],
    ['한국', 4],
    ['ｶﾞ', 2],
    ['🚀', 2],
    ['a\u200bb', 2],
  ];
  for (const [text, width] of rows) {
    it(`counts ${JSON.stringify(text)} as ${String(width)}`, () => {
      expect(displayWidth(text)).to.equal(width);
    });
  }

  it('is what padding fills up to', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat({ max: 40 }), (text, width) => {
        expect(displayWidth(padToWidth(text, width))).to.equal(Math.max(width, displayWidth(text)));
      }),
    );
  });
});
