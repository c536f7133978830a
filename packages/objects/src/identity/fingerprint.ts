import { createHash, createPublicKey, type KeyObject, type X509Certificate } from 'node:crypto';

/** Returns the fingerprint of a public key: `SHA256:` and the unpadded base64 of the SHA-256 of its SPKI in DER. */
export function fingerprintOf(publicKey: KeyObject): string {
  return `SHA256:${digestOf(publicKey).toString('base64').replace(/=+$/, '')}`;
}

/** Returns the pin of a root, by which tokens name it: the base64url of the SHA-256 of its public key's SPKI in DER. */
export function pinOf(root: X509Certificate): string {
  return digestOf(root.publicKey).toString('base64url');
}

/** Reads a public key in PEM, as `openssl pkey -pubout` writes it; undefined where the text is none. */
export function readPublicKey(pem: string): KeyObject | undefined {
  try {
    // Of a private key, Node would derive the public one: whoever sends that has mistaken the file.
    return pem.includes('-----BEGIN PUBLIC KEY-----') ? createPublicKey(pem) : undefined;
  } catch {
    return undefined;
  }
}

function digestOf(publicKey: KeyObject): Buffer {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest();
}
