import { type KeyObject, verify } from 'node:crypto';

import { quoted } from '@patchbay/objects';
import { fingerprintOf, readPublicKey } from '@patchbay/objects/identity';

import { authorityError } from './errors.js';

/** A public key that may be certified, with its fingerprint. */
export interface EnrolledKey {
  readonly key: KeyObject;
  readonly fingerprint: string;
}

/** Reads a public key of P-256 in PEM. @throws RpcError `PUBLIC_KEY_INVALID` */
export function readEnrolledKey(pem: string): EnrolledKey {
  const key = readPublicKey(pem);
  if (key?.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    const made = 'openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256, openssl pkey -pubout';
    throw authorityError('PUBLIC_KEY_INVALID', `the public key is not one of P-256 in PEM (${made})`);
  }
  return { key, fingerprint: fingerprintOf(key) };
}

/** Reads a public key of X25519 in PEM, and returns its fingerprint. @throws RpcError `PUBLIC_KEY_INVALID` */
export function readSealingKey(pem: string): string {
  const key = readPublicKey(pem);
  if (key?.asymmetricKeyType !== 'x25519') {
    throw authorityError('PUBLIC_KEY_INVALID', 'the sealing key is not a public key of X25519 in PEM');
  }
  return fingerprintOf(key);
}

/** Checks that a message was signed with a key. @throws RpcError `PROOF_INVALID` */
export function checkSignature({ key, fingerprint }: EnrolledKey, message: string, signature: string): void {
  if (!verify('sha256', Buffer.from(message), key, Buffer.from(signature, 'base64'))) {
    throw authorityError(
      'PROOF_INVALID',
      `the signature is not one by the key ${fingerprint} over ${quoted(message.split('\n', 1)[0] ?? '')} and what belongs to it`,
      { details: { fingerprint } },
    );
  }
}
