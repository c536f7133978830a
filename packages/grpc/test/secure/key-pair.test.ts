import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';

import { refusalOf, Scratch } from '@patchbay/objects/testing';

import { publicKeyOf, readKeyPair } from '../../src/secure/index.js';

describe('A pair of keys that was made elsewhere', () => {
  let scratch: Scratch;
  let files: { privateKey: string; publicKey: string };

  function make(name: string, ...args: readonly string[]): string {
    execFileSync('openssl', ['genpkey', ...args, '-out', scratch.file(name)]);
    return scratch.file(name);
  }

  beforeEach(async () => {
    scratch = await Scratch.make();
    const privateKey = make('key', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256');
    files = { privateKey, publicKey: scratch.file('key.pub') };
    execFileSync('openssl', ['pkey', '-in', privateKey, '-pubout', '-out', files.publicKey]);
  });
  afterEach(() => scratch.close());

  it('is taken as openssl makes it', () => {
    const read = readKeyPair(files);
    expect(publicKeyOf(read).fingerprint).to.match(/^SHA256:/);
  });

  it('is refused where others may read it, the two do not belong together, or it is of another kind', () => {
    const other = make('other', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256');
    const ed25519 = make('ed25519', '-algorithm', 'ED25519');
    const reasonOf = (privateKey: string): string =>
      refusalOf(() => readKeyPair({ ...files, privateKey })).reason;
    expect([other, ed25519, files.publicKey, scratch.file('none')].map(reasonOf)).to.deep.equal(
      Array.from({ length: 4 }, (_, at) => (at === 2 ? 'IDENTITY_FILE_UNSAFE' : 'ARGUMENT_INVALID')),
    );
    chmodSync(files.privateKey, 0o644);
    expect(reasonOf(files.privateKey)).to.equal('IDENTITY_FILE_UNSAFE');
  });
});
