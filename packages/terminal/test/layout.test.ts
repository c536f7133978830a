import { expect } from 'chai';
import fc from 'fast-check';

import { termList, wrap, wrapHanging } from '../src/layout.js';

describe('wrap', () => {
  const text = fc.array(fc.stringMatching(/^[a-z]{1,12}$/)).map((words) => words.join(' '));

  it('keeps every word, in order', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 40 }), (words, width) => {
        expect(wrap(words, width).join(' ')).to.equal(words);
      }),
    );
  });

  it('stays within the width, unless one word is wider', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 40 }), (words, width) => {
        expect(wrap(words, width).every((line) => line.length <= width || !line.includes(' '))).to.equal(
          true,
        );
      }),
    );
  });

  it('indents all but the first line on request', () => {
    expect(wrapHanging('one two three four five six seven', 24, 4)).to.equal(
      'one two three four five\n    six seven',
    );
  });
});

describe('termList', () => {
  it('aligns and wraps the meanings', () => {
    const terms = [
      ['NODE', 'The node that gets the disk, by its name'],
      ['--size SIZE', 'How large'],
    ] as const;
    expect(termList(terms, 40).split('\n')).to.deep.equal([
      '  NODE         The node that gets the',
      '               disk, by its name',
      '  --size SIZE  How large',
    ]);
  });

  it('puts the meaning of a very long term on a line of its own', () => {
    const long = 'x'.repeat(40);
    expect(
      termList(
        [
          [long, 'Long'],
          ['y', 'Short'],
        ],
        80,
      ).split('\n'),
    ).to.deep.equal([`  ${long}`, '     Long', '  y  Short']);
  });
});
