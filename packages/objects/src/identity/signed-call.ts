import { coreError } from '../errors/core-errors.js';
import { maxObjectNameLength, quoted } from '../names.js';
import { type ApiKey, crypto, deriveKey } from './api-key.js';

/** What a signature covers, beside who made it and when. */
export interface SignedParts {
  /** The server's principal: `host:web1`, or `nameserver:ns1`. */
  readonly host: string;
  /** The server's id and start id, with a slash between them. */
  readonly server: string;
  readonly object: string;
  readonly method: string;
  /** The request's bytes, as they are sent: an encoded `CallRequest`. */
  readonly request: Uint8Array;
}

/** Who made a signature, and when. */
export interface Signer {
  /** The id of the API key. */
  readonly key: string;
  /** 16 to 43 characters of base64url, never used twice by one key. */
  readonly nonce: string;
  /** When it was signed, in seconds since the Unix epoch. */
  readonly seconds: number;
}

/** A signature as it travels with a call. */
export interface CallSignature extends Signer {
  /** HMAC-SHA-256, 32 bytes. */
  readonly mac: Buffer;
}

/** The metadata of a call that carries its signature. */
export const signatureHeader = 'x-patchbay-auth';

/** The metadata of a call that names the server that it was signed for: its id and start id, as in `SignedParts`. */
export const signedServerHeader = 'x-patchbay-server';

/** How far the time of a signature may be from the server's clock, in seconds. */
export const signatureWindowSeconds = 300;

const signature = /^1;([0-9a-f]{12});([\w-]{16,43});(\d{1,11});([\w-]{43})$/;
const maxSignatureLength = 160;
const controls = /\p{Cc}/u;

/**
 * Returns the text that is signed: nine lines, the last one without a line feed; undefined where a field cannot be signed,
 * as it has control characters or is too long.
 *
 *     patchbay-call-1
 *     HOST             (host:web1)
 *     SERVER           (SERVER_ID/START_ID)
 *     KEY              (the id)
 *     NONCE
 *     SECONDS
 *     OBJECT
 *     METHOD
 *     SHA-256          (of the request's bytes, in hexadecimal)
 */
export function signedText(
  { host, server, object, method, request }: SignedParts,
  { key, nonce, seconds }: Signer,
): string | undefined {
  const fields = [host, server, key, nonce, String(seconds), object, method];
  if (fields.some((field) => controls.test(field) || field.length > 2 * maxObjectNameLength)) {
    return undefined;
  }
  const digest = crypto().createHash('sha256').update(request).digest('hex');
  return ['patchbay-call-1', ...fields, digest].join('\n');
}

/** Returns the MAC of a call; undefined where it cannot be signed. @param key as `deriveKey` returns it */
export function callMac(key: Uint8Array, parts: SignedParts, signer: Signer): Buffer | undefined {
  const text = signedText(parts, signer);
  return text === undefined ? undefined : crypto().createHmac('sha256', key).update(text).digest();
}

/**
 * Signs a call, once: returns the value of the metadata `x-patchbay-auth`.
 *
 * @param nowMs the wall-clock time, in milliseconds since the Unix epoch
 * @throws RpcError `ARGUMENT_INVALID` for a name that cannot be signed
 */
export function signCall(
  { id, secret }: ApiKey,
  { cluster, ...parts }: SignedParts & { readonly cluster: string },
  nowMs: number,
): string {
  const nonce = crypto().randomBytes(16).toString('base64url');
  const signer = { key: id, nonce, seconds: Math.floor(nowMs / 1000) };
  const mac = callMac(deriveKey(secret, cluster, parts.host), parts, signer);
  if (mac === undefined) {
    const called = quoted(`${parts.object}.${parts.method}`);
    throw coreError(
      'ARGUMENT_INVALID',
      `${called} cannot be signed: it is too long, or has control characters`,
    );
  }
  return formatSignature({ ...signer, mac });
}

/** Returns a signature as text: `1;KEY;NONCE;SECONDS;MAC`, the MAC in base64url. */
export function formatSignature({ key, nonce, seconds, mac }: CallSignature): string {
  return ['1', key, nonce, String(seconds), mac.toString('base64url')].join(';');
}

/** Reads a signature; undefined where the text is none. */
export function parseSignature(text: string): CallSignature | undefined {
  const [, key, nonce, seconds, mac] = text.length > maxSignatureLength ? [] : (signature.exec(text) ?? []);
  return key === undefined || nonce === undefined || mac === undefined
    ? undefined
    : { key, nonce, seconds: Number(seconds), mac: Buffer.from(mac, 'base64url') };
}
