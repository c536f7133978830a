import { expect } from 'chai';
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';

import { hpkeOpen, hpkeSeal } from '../../src/identity/hpke.js';

/**
 * The vector of RFC 9180's test vectors for base mode (0), DHKEM(X25519, HKDF-SHA256) (32), HKDF-SHA256 (1) and
 * AES-256-GCM (2), its first encryption.
 */
const vector = {
  info: '4f6465206f6e2061204772656369616e2055726e',
  skEm: '179d4b53b6365c45b600c4163b61d95cbc2f4d9e36f1695558dce265ab8bab11',
  skRm: '497b4502664cfea5d5af0b39934dac72242a74f8480451e1aee7d6a53320333d',
  pkRm: '430f4b9859665145a6b1ba274024487bd66f03a2dd577d7753c68d7d7d00c00c',
  enc: '6c93e09869df3402d7bf231bf540fadd35cd56be14f97178f0954db94b7fc256',
  aad: '436f756e742d30',
  pt: '4265617574792069732074727574682c20747275746820626561757479',
  ct: 'e5d84cd531cfb583096e7cfa9641bd3079cf3a91cda813c52deb5f512be9931980a41de125a925cdad859d5b7a',
};

/** What PKCS #8 puts before a private key of X25519. */
const pkcs8 = '302e020100300506032b656e04220420';

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex');
}

function privateKey(raw: string): KeyObject {
  return createPrivateKey({ key: hex(pkcs8 + raw), format: 'der', type: 'pkcs8' });
}

describe('HPKE', () => {
  const binding = { info: hex(vector.info), aad: hex(vector.aad) };
  const recipient = privateKey(vector.skRm);

  it('seals as the test vector of RFC 9180 has it', () => {
    const publicKey = createPublicKey(recipient);
    expect(publicKey.export({ format: 'jwk' }).x).to.equal(hex(vector.pkRm).toString('base64url'));
    const sealed = hpkeSeal(publicKey, privateKey(vector.skEm), hex(vector.pt), binding);
    expect(sealed.toString('hex')).to.equal(vector.enc + vector.ct);
  });

  it('opens the test vector of RFC 9180', () => {
    const opened = hpkeOpen(recipient, hex(vector.enc + vector.ct), binding);
    expect(opened.toString('hex')).to.equal(vector.pt);
  });

  it('opens nothing that was changed, or is bound to something else', () => {
    const sealed = hex(vector.enc + vector.ct);
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => hpkeOpen(recipient, changed, binding), `byte ${String(at)}`).to.throw();
    }
    for (const length of [0, 31, 32, 47, 48, sealed.length - 1]) {
      expect(() => hpkeOpen(recipient, sealed.subarray(0, length), binding)).to.throw();
    }
    expect(() => hpkeOpen(recipient, sealed, { ...binding, info: hex('00') })).to.throw();
    expect(() => hpkeOpen(recipient, sealed, { ...binding, aad: hex('00') })).to.throw();
    expect(() => hpkeOpen(privateKey(vector.skEm), sealed, binding)).to.throw();
  });
});
