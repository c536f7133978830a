import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPublicKey,
  diffieHellman,
  type KeyObject,
} from 'node:crypto';

/** RFC 9180 in base mode, for one message: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. */
const ids = { kem: Buffer.of(0x00, 0x20), kdf: Buffer.of(0x00, 0x01), aead: Buffer.of(0x00, 0x02) };
const kemSuite = Buffer.concat([Buffer.from('KEM'), ids.kem]);
const suite = Buffer.concat([Buffer.from('HPKE'), ids.kem, ids.kdf, ids.aead]);

const version = Buffer.from('HPKE-v1');
const empty = Buffer.alloc(0);
const sizes = { key: 32, nonce: 12, tag: 16, publicKey: 32, secret: 32 };

/** What a message is bound to, and opens with alone. */
interface Binding {
  readonly info: Buffer;
  readonly aad: Buffer;
}

/**
 * Seals a message to a public key of X25519: the encapsulated key, then the ciphertext.
 *
 * @param ephemeral a private key of X25519 that is used for this message alone
 * @throws Error of OpenSSL for a public key of low order
 */
export function hpkeSeal(
  to: KeyObject,
  ephemeral: KeyObject,
  message: Buffer,
  { info, aad }: Binding,
): Buffer {
  const enc = rawPublicKey(ephemeral);
  const shared = sharedSecret(diffieHellman({ privateKey: ephemeral, publicKey: to }), enc, rawPublicKey(to));
  const { key, nonce } = keySchedule(shared, info);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(aad);
  return Buffer.concat([enc, cipher.update(message), cipher.final(), cipher.getAuthTag()]);
}

/** Opens what `hpkeSeal` sealed. @throws Error of OpenSSL where key or binding is another, or it was changed */
export function hpkeOpen(privateKey: KeyObject, sealed: Buffer, { info, aad }: Binding): Buffer {
  const enc = sealed.subarray(0, sizes.publicKey);
  const ciphertext = sealed.subarray(sizes.publicKey, -sizes.tag);
  const publicKey = createPublicKey({
    key: { kty: 'OKP', crv: 'X25519', x: enc.toString('base64url') },
    format: 'jwk',
  });
  const shared = sharedSecret(diffieHellman({ privateKey, publicKey }), enc, rawPublicKey(privateKey));
  const { key, nonce } = keySchedule(shared, info);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: sizes.tag })
    .setAAD(aad)
    .setAuthTag(sealed.subarray(-sizes.tag));
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
}

function sharedSecret(dh: Buffer, enc: Buffer, recipient: Buffer): Buffer {
  const prk = labeledExtract(kemSuite, empty, 'eae_prk', dh);
  return labeledExpand(kemSuite, prk, 'shared_secret', Buffer.concat([enc, recipient]), sizes.secret);
}

function keySchedule(shared: Buffer, info: Buffer): { readonly key: Buffer; readonly nonce: Buffer } {
  const context = Buffer.concat([
    Buffer.of(0), // the base mode
    labeledExtract(suite, empty, 'psk_id_hash', empty),
    labeledExtract(suite, empty, 'info_hash', info),
  ]);
  const secret = labeledExtract(suite, shared, 'secret', empty);
  return {
    key: labeledExpand(suite, secret, 'key', context, sizes.key),
    nonce: labeledExpand(suite, secret, 'base_nonce', context, sizes.nonce),
  };
}

function labeledExtract(suiteId: Buffer, salt: Buffer, label: string, ikm: Buffer): Buffer {
  return hmac(salt, version, suiteId, Buffer.from(label), ikm);
}

/** @param length at most that of the hash, in bytes */
function labeledExpand(suiteId: Buffer, prk: Buffer, label: string, info: Buffer, length: number): Buffer {
  const parts = [Buffer.of(0, length), version, suiteId, Buffer.from(label), info, Buffer.of(1)];
  return hmac(prk, ...parts).subarray(0, length);
}

function hmac(key: Buffer, ...parts: readonly Buffer[]): Buffer {
  return createHmac('sha256', key).update(Buffer.concat(parts)).digest();
}

function rawPublicKey(key: KeyObject): Buffer {
  return Buffer.from(String(key.export({ format: 'jwk' }).x), 'base64url');
}
