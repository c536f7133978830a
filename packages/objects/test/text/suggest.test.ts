import { expect } from 'chai';
import fc from 'fast-check';

import { didYouMean, suggest } from '../../src/text/suggest.js';

describe('suggest', () => {
  const methods = ['provision', 'list_nodes', 'list_all_images', 'detach_node', 'create_snapshot'];
  const rows: [typed: string, meant: string | undefined][] = [
    ['provison', 'provision'],
    ['list_images', 'list_all_images'],
    ['PROVISION', 'provision'],
    ['detahc_node', 'detach_node'],
    ['delete_everything', undefined],
    ['', undefined],
    ['x'.repeat(100_000), undefined],
  ];
  for (const [typed, meant] of rows) {
    it(`takes "${typed.slice(0, 20)}" for ${meant ?? 'nothing'}`, () => {
      expect(suggest(typed, methods)).to.equal(meant);
    });
  }

  it('counts two swapped letters as one edit', () => {
    expect(suggest('sda', ['sad'])).to.equal('sad');
  });

  it('suggests nothing for an entirely different short name', () => {
    expect(suggest('ab', ['cd', 'ac'])).to.equal(undefined);
  });

  it('prefers the nearer of two candidates', () => {
    expect(suggest('debian12', ['debian10a', 'debian11'])).to.equal('debian11');
  });

  it('finds a name after any one letter of it was dropped', () => {
    const word = fc.stringMatching(/^[a-z]{4,20}$/);
    fc.assert(
      fc.property(word, fc.nat(), (right, at) => {
        const index = at % right.length;
        expect(suggest(right.slice(0, index) + right.slice(index + 1), [right])).to.equal(right);
      }),
    );
  });

  it('prefers an exact match', () => {
    const word = fc.stringMatching(/^[a-z]{3,10}$/);
    fc.assert(
      fc.property(word, fc.array(word), (right, others) => {
        expect(suggest(right, [...others, right])).to.equal(right);
      }),
    );
  });

  it('ends an error message, or leaves it as it is', () => {
    expect(didYouMean('ubunut', ['debian', 'ubuntu'])).to.equal('; did you mean "ubuntu"?');
    expect(didYouMean('ubunut', ['debian'])).to.equal('');
  });
});
