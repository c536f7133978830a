import { expect } from 'chai';

import { asStoreError } from '../src/as-store-error.js';

describe('an error of SQLite or the file system', () => {
  for (const [code, reason] of [
    ['SQLITE_BUSY', 'STORE_LOCKED'],
    ['SQLITE_CORRUPT_INDEX', 'STORE_DAMAGED'],
    ['SQLITE_NOTADB', 'STORE_DAMAGED'],
    ['SQLITE_FULL', 'STORE_FULL'],
    ['ENOSPC', 'STORE_FULL'],
    ['SQLITE_READONLY_DIRECTORY', 'STORE_READ_ONLY'],
    ['EACCES', 'STORE_READ_ONLY'],
    ['SQLITE_IOERR_WRITE', 'STORE_FAILED'],
    ['ENOTDIR', 'STORE_FAILED'],
  ] as const) {
    it(`becomes ${reason} when its code is ${code}, with the cause kept`, () => {
      const cause = Object.assign(new Error('as thrown'), { code });
      const error = asStoreError(cause, '/somewhere/store.sqlite');
      expect(error).to.include({ reason, cause });
      expect(error).to.have.property('message').that.includes('/somewhere/store.sqlite');
    });
  }

  it('stays itself when it is neither', () => {
    const error = new TypeError('a mistake in the program');
    expect(asStoreError(error, 'file')).to.equal(error);
  });
});
