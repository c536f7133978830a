import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';

import { expect } from 'chai';

import { fingerprintOf, readPublicKey } from '../../src/identity/index.js';

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();

describe("A key's fingerprint", () => {
  it('is what openssl makes of its SPKI', () => {
    const der = execFileSync('openssl', ['pkey', '-pubin', '-outform', 'DER'], { input: pem });
    const digest = execFileSync('openssl', ['dgst', '-sha256', '-binary'], { input: der });
    expect(fingerprintOf(publicKey)).to.equal(`SHA256:${digest.toString('base64').slice(0, -1)}`);
  });
});

describe('Reading a public key', () => {
  it('takes PEM', () => {
    expect(readPublicKey(pem)?.equals(publicKey)).to.equal(true);
  });

  it('takes neither a private key nor anything else', () => {
    const texts = [privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), '', 'x', pem.slice(0, 60)];
    expect(texts.map((text) => readPublicKey(text))).to.deep.equal([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
