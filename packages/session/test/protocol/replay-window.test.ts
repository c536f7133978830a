import { expect } from 'chai';
import fc from 'fast-check';

import { ReplayWindow, replayWindowSize } from '../../src/protocol/replay-window.js';

describe('a replay window', () => {
  it('accepts each number once, in any order, as far as it reaches back', () => {
    const steps = fc.array(fc.integer({ min: 1, max: 3 * replayWindowSize }), { maxLength: 200 });
    fc.assert(
      fc.property(steps, (numbers) => {
        const used = new Set<number>();
        const window = new ReplayWindow();
        let highest = 0;
        for (const number of numbers) {
          const fresh = !used.has(number) && number > highest - replayWindowSize;
          expect(window.accept(number)).to.equal(fresh);
          used.add(number);
          highest = Math.max(highest, number);
        }
      }),
    );
  });
});
