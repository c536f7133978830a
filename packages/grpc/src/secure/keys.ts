import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';

import { fingerprintOf } from '@patchbay/objects/identity';

/** The private keys of an identity, in PEM. */
export interface IdentityKeys {
  /** P-256: of the certificate. */
  readonly privateKey: string;
  /** X25519: to which secrets are sealed. */
  readonly sealingKey: string;
}

/** A public key, in PEM, and its fingerprint. */
export interface PublicKey {
  readonly pem: string;
  readonly fingerprint: string;
}

/** Makes the keys of a new identity. */
export function makeKeys(): IdentityKeys {
  const pem = { type: 'pkcs8', format: 'pem' } as const;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { privateKey: sealingKey } = generateKeyPairSync('x25519');
  return { privateKey: privateKey.export(pem).toString(), sealingKey: sealingKey.export(pem).toString() };
}

/** Returns the public key that belongs to a private one. */
export function publicKeyOf(privateKey: string): PublicKey {
  const key = createPublicKey(privateKey);
  return { pem: key.export({ type: 'spki', format: 'pem' }).toString(), fingerprint: fingerprintOf(key) };
}

/** Signs a text, by ECDSA with SHA-256: in base64 of DER, as `openssl dgst -sha256 -sign` makes it. */
export function signText(privateKey: string, text: string): string {
  return sign('sha256', Buffer.from(text), createPrivateKey(privateKey)).toString('base64');
}
