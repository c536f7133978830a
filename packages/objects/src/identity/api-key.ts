import type * as Crypto from 'node:crypto';

/** An API key: how a program proves which user it calls for, without a certificate. */
export interface ApiKey {
  /** Identifies the key in lists: it is no secret. */
  readonly id: string;
  /** 32 random bytes in base64url. */
  readonly secret: string;
}

/** The longest text that is read as an API key. */
export const maxApiKeyLength = 128;

/** What the ids of keys are like. */
export const apiKeyId = /^[0-9a-f]{12}$/;

const text = /^pbk1\.([0-9a-f]{12})\.([\w-]{43})$/;

/** Loaded when a key is used: a program that has none does without. */
export function crypto(): typeof Crypto {
  return process.getBuiltinModule('node:crypto');
}

/** Draws a key. */
export function makeApiKey(): ApiKey {
  const { randomBytes } = crypto();
  return { id: randomBytes(6).toString('hex'), secret: randomBytes(32).toString('base64url') };
}

/** Returns a key as text: `pbk1.ID.SECRET`. */
export function formatApiKey({ id, secret }: ApiKey): string {
  return `pbk1.${id}.${secret}`;
}

/** Reads a key, between white space; undefined where the text is none. */
export function parseApiKey(given: string): ApiKey | undefined {
  if (given.length > maxApiKeyLength) {
    return undefined;
  }
  const [, id, secret] = text.exec(given.trim()) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

/**
 * Returns what a key is on one server, 32 bytes: HMAC-SHA-256 by the secret (its text) over `patchbay-key-1`, the cluster
 * and the host, with a zero byte between them. A host knows its own alone, of which the secret cannot be computed.
 *
 * @param host the server's principal: `host:web1`, or `nameserver:ns1`
 */
export function deriveKey(secret: string, cluster: string, host: string): Buffer {
  return crypto().createHmac('sha256', secret).update(`patchbay-key-1\0${cluster}\0${host}`).digest();
}

/** Compares MACs in a time that does not depend on where they differ. */
export function equalMacs(given: Uint8Array, expected: Uint8Array): boolean {
  return given.length === expected.length && crypto().timingSafeEqual(given, expected);
}
