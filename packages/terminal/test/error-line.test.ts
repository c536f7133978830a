import { expect } from 'chai';
import fc from 'fast-check';

import { coreError, RpcError } from '@patchbay/objects';

import { errorLine } from '../src/error-line.js';

describe('errorLine', () => {
  it('contains the code, the reason and the message', () => {
    expect(errorLine(coreError('OBJECT_NOT_FOUND', 'no object "x"'))).to.equal(
      'error: NOT_FOUND OBJECT_NOT_FOUND: no object "x"',
    );
  });

  it('reports an error without a code as unexpected', () => {
    expect(errorLine(new TypeError('x is not a function'))).to.equal(
      'error: INTERNAL UNEXPECTED: x is not a function',
    );
  });

  it('escapes what would drive the terminal or end the line', () => {
    const error = new RpcError('UNKNOWN', 'X', 'a\nb\r\u001b[2J\u009b1m\u202e');
    expect(errorLine(error)).to.equal('error: UNKNOWN X: a\\nb\\r\\u001b[2J\\u009b1m\\u202e');
  });

  it('is one line without controls, whatever was thrown', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (message) => {
        expect(errorLine(new Error(message))).not.to.match(/[\p{Cc}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});
