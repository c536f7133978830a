import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

import { readPublicKey } from './fingerprint.js';
import { hpkeOpen, hpkeSeal } from './hpke.js';
import { identityError } from './identity-error.js';

/** What a secret is sealed for, and opens for alone. */
export interface SealedFor {
  /** The id of the call whose argument it is. */
  readonly call: string;
  /** The name of the host that serves the call. */
  readonly host: string;
  /** The name of the argument. */
  readonly argument: string;
}

const prefix = 'hpke1.';
const noData = Buffer.alloc(0);

/**
 * Seals a secret to the key of a host, by HPKE (RFC 9180) in base mode with X25519, HKDF-SHA256 and AES-256-GCM.
 *
 * @param sealingKey the public key of X25519 with which the host has enrolled, in PEM
 * @throws RpcError `SECRET_UNREADABLE` where that is no such key
 */
export function sealSecret(sealingKey: string, secret: string, context: SealedFor): string {
  const to = readPublicKey(sealingKey);
  const { privateKey } = generateKeyPairSync('x25519');
  try {
    if (to?.asymmetricKeyType !== 'x25519') {
      throw new Error('the sealing key is not a public key of X25519 in PEM');
    }
    const binding = { info: infoOf(context), aad: noData };
    return prefix + hpkeSeal(to, privateKey, Buffer.from(secret), binding).toString('base64url');
  } catch (error) {
    throw unreadable(context, 'cannot be sealed to the key that the host enrolled with', error);
  }
}

/**
 * Opens what `sealSecret` sealed.
 *
 * @param sealingKey the host's private key of X25519, in PEM
 * @throws RpcError `SECRET_UNREADABLE` where it was sealed to another key, or for another call, host or argument
 */
export function openSecret(sealingKey: string, sealed: string, context: SealedFor): string {
  try {
    if (!sealed.startsWith(prefix)) {
      throw new Error('it is not sealed');
    }
    const privateKey: KeyObject = createPrivateKey(sealingKey);
    const bytes = Buffer.from(sealed.slice(prefix.length), 'base64url');
    return hpkeOpen(privateKey, bytes, { info: infoOf(context), aad: noData }).toString();
  } catch (error) {
    throw unreadable(context, 'was sealed to another key, call, host or argument, or was changed', error);
  }
}

/** Returns the context as text: lines, each ended by a line feed. */
function infoOf({ call, host, argument }: SealedFor): Buffer {
  const lines = ['patchbay-seal-1', call, host, argument];
  if (lines.some((line) => /\p{Cc}/u.test(line))) {
    throw new Error('a name in the context has control characters');
  }
  return Buffer.from(lines.map((line) => `${line}\n`).join(''));
}

function unreadable({ host, argument }: SealedFor, why: string, cause: unknown): Error {
  const message = `the secret ${JSON.stringify(argument)} for host:${host} ${why}: make the call anew`;
  return identityError('SECRET_UNREADABLE', message, { cause, details: { host, argument } });
}
