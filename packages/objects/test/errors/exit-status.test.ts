import { expect } from 'chai';

import { coreError } from '../../src/errors/core-errors.js';
import { exitStatusOf, exitStatusOfCode } from '../../src/errors/exit-status.js';
import { grpcStatusOfCode } from '../../src/errors/code.js';

describe('the exit status', () => {
  for (const [code, status] of Object.entries(exitStatusOfCode)) {
    it(`of ${code} is a failure that a shell can tell from a signal's other than SIGINT`, () => {
      expect(status === 130 || (status >= 1 && status <= 9)).to.equal(true);
    });
  }

  it('stands for every code', () => {
    expect(exitStatusOfCode).to.have.all.keys(Object.keys(grpcStatusOfCode));
  });

  it('of an error is that of its code', () => {
    expect(exitStatusOf(coreError('OBJECT_NOT_FOUND', 'no object "x"'))).to.equal(3);
  });

  it('of an error without a code is 1', () => {
    expect(exitStatusOf(new TypeError('x is not a function'))).to.equal(1);
  });
});
