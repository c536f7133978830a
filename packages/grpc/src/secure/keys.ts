import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

import { coreError } from '@patchbay/objects';
import { fingerprintOf, readPublicKey, readTrustedFile } from '@patchbay/objects/identity';

const maxKeyBytes = 16 * 1024;

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

const pkcs8 = { type: 'pkcs8', format: 'pem' } as const;

/** Makes the keys of a new identity. @param given the private key of the certificate, where it was made elsewhere */
export function makeKeys(given?: string): IdentityKeys {
  const privateKey = given ?? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export(pkcs8);
  const { privateKey: sealingKey } = generateKeyPairSync('x25519');
  return { privateKey: privateKey.toString(), sealingKey: sealingKey.export(pkcs8).toString() };
}

/** Where a pair of keys is that was made elsewhere, in PEM. */
export interface KeyFiles {
  readonly privateKey: string;
  readonly publicKey: string;
}

/**
 * Reads a pair of keys that was made elsewhere, and returns the private one in PKCS #8.
 *
 * @throws RpcError `ARGUMENT_INVALID` unless they belong together and are of P-256, `IDENTITY_FILE_UNSAFE`
 */
export function readKeyPair(files: KeyFiles): string {
  const read = (path: string, what: string, isSecret: boolean): string => {
    const options = { what, isSecret, maxBytes: maxKeyBytes, isOfOthers: true };
    const text = readTrustedFile(path, options);
    if (text === undefined) {
      throw coreError('ARGUMENT_INVALID', `there is no ${what} at ${path}`);
    }
    return text;
  };
  const publicKey = readPublicKey(read(files.publicKey, 'public key', false));
  const key = privateKeyIn(read(files.privateKey, 'private key', true));
  if (key?.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    const way = 'openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256';
    const message = `${files.privateKey} is no private key of P-256 in PEM without a passphrase; make one with ${way}`;
    throw coreError('ARGUMENT_INVALID', message);
  }
  if (publicKey === undefined || fingerprintOf(publicKey) !== fingerprintOf(createPublicKey(key))) {
    const way = `openssl pkey -in ${files.privateKey} -pubout`;
    const message = `${files.publicKey} is not the public key of ${files.privateKey}; make it with ${way}`;
    throw coreError('ARGUMENT_INVALID', message);
  }
  return key.export(pkcs8).toString();
}

function privateKeyIn(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
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
