import { expect } from 'chai';
import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';

import { openSecret, sealSecret } from '../../src/identity/index.js';
import { refusalOf } from '../../src/testing/index.js';

function keys(): { readonly open: string; readonly seal: string } {
  const { privateKey, publicKey } = generateKeyPairSync('x25519');
  return {
    open: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    seal: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

describe('A sealed secret', () => {
  const host = keys();
  const context = { call: 'c1', host: 'web1', argument: 'password' };

  it('opens with the key of its host, whatever its text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (secret) => {
        const sealed = sealSecret(host.seal, secret, context);
        expect(sealed).to.match(/^hpke1\.[\w-]+$/);
        expect(openSecret(host.open, sealed, context)).to.equal(secret);
      }),
      { numRuns: 50 },
    );
  });

  it('is another text each time', () => {
    expect(sealSecret(host.seal, 'hunter2', context)).to.not.equal(sealSecret(host.seal, 'hunter2', context));
  });

  for (const [what, change] of [
    ['another call', { call: 'c2' }],
    ['another host', { host: 'web11' }],
    ['another argument', { argument: 'passwort' }],
    ['the same text split otherwise', { call: 'c1\nweb1', host: 'password', argument: '' }],
  ] as const) {
    it(`does not open for ${what}`, () => {
      const sealed = sealSecret(host.seal, 'hunter2', context);
      const error = refusalOf(() => openSecret(host.open, sealed, { ...context, ...change }));
      expect(error).to.include({ reason: 'SECRET_UNREADABLE', code: 'FAILED_PRECONDITION' });
      expect(error.message).to.not.include('hunter2');
    });
  }

  it('does not open with another key, nor when it is none', () => {
    const sealed = sealSecret(host.seal, 'hunter2', context);
    for (const [key, text] of [
      [keys().open, sealed],
      [host.open, 'hunter2'],
      [host.open, 'hpke1.'],
      [host.open, sealed.slice(0, -3)],
      ['no key', sealed],
    ] as const) {
      expect(refusalOf(() => openSecret(key, text, context)).reason).to.equal('SECRET_UNREADABLE');
    }
  });

  it('is not sealed to what is no key of X25519', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const other = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    for (const key of [other, 'no key']) {
      expect(refusalOf(() => sealSecret(key, 'hunter2', context)).reason).to.equal('SECRET_UNREADABLE');
    }
  });
});
