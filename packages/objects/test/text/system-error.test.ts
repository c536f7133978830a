import { expect } from 'chai';
import { readFileSync } from 'node:fs';

import { systemErrorText } from '../../src/text/system-error.js';

describe('systemErrorText', () => {
  const thrown = (path: string): unknown => {
    try {
      return readFileSync(path);
    } catch (error) {
      return error;
    }
  };

  for (const [what, error, text] of [
    ['a file that is not there', thrown('/no/such/file'), 'no such file or directory'],
    ['a directory', thrown('/'), 'it is a directory'],
    [
      'a refused connection',
      Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
      'connection refused',
    ],
    ['a host that is not there', Object.assign(new Error('x'), { code: 'ENOTFOUND' }), 'no such host'],
    [
      'a code within a message',
      new Error('errors: [listen EADDRINUSE: 127.0.0.1:1]'),
      'address already in use',
    ],
    ['a full disk', Object.assign(new Error('write'), { code: 'ENOSPC' }), 'no space left on device'],
    ['an error that is not of the system', new Error('ERRORS happen'), 'ERRORS happen'],
  ] as const) {
    it(`puts ${what} in words`, () => {
      expect(systemErrorText(error)).to.equal(text);
    });
  }
});
