import { expect } from 'chai';
import fc from 'fast-check';

import { coreError, RpcError } from '@patchbay/objects';

import { asksForJson, errorLine, failureText } from '../src/failure-text.js';

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

describe('failureText', () => {
  const missing = coreError('OBJECT_NOT_FOUND', 'no object "x"', { details: { name: 'x' } });
  const fields = {
    code: 'NOT_FOUND',
    reason: 'OBJECT_NOT_FOUND',
    message: 'no object "x"',
    details: { name: 'x' },
  };
  const unexpected = { code: 'INTERNAL', reason: 'UNEXPECTED', message: 'a\nb', details: {} };

  for (const [what, error, expected] of [
    ['an error', missing, fields],
    ['an error without a code', new TypeError('a\nb'), unexpected],
    ['one of several', new AggregateError([missing], 'the file is not fine'), fields],
    [
      'several errors',
      new AggregateError([missing, new TypeError('a\nb')], 'the file is not fine'),
      { ...fields, message: 'the file is not fine', details: { errors: [fields, unexpected] } },
    ],
  ] as const) {
    it(`is one line of JSON for ${what}`, () => {
      const text = failureText(error, true);
      expect(text).to.match(/^[^\n]+\n$/);
      expect(JSON.parse(text)).to.deep.equal(expected);
    });
  }

  it('is a line for each of several errors', () => {
    const text = failureText(new AggregateError([missing, missing]), false);
    expect(text).to.equal(`${errorLine(missing)}\n`.repeat(2));
  });
});

describe('asksForJson', () => {
  for (const [argv, asked] of [
    ['list --json', true],
    ['--format json list', true],
    ['--format=ndjson list', true],
    ['list -o json', true],
    ['list -ojson', true],
    ['list -o=ndjson', true],
    ['list json', false],
    ['list --format yaml', false],
    ['list -- --json', false],
    ['list --jsn', false],
  ] as const) {
    it(`says ${asked ? 'yes' : 'no'} to "${argv}"`, () => {
      expect(asksForJson(argv.split(' '))).to.equal(asked);
    });
  }
});
