import { crypto } from './api-key.js';

/** What the two ends of a session have seen of its beginning. */
export interface SessionTranscript {
  /** The server's, 32 random bytes. */
  readonly challenge: Uint8Array;
  /** The client's first Hello, as it was sent. */
  readonly clientHello: Uint8Array;
  /** The server's first Hello, as it was sent. */
  readonly serverHello: Uint8Array;
  /** The value of the TLS exporter of RFC 9266, 32 bytes; undefined for a connection without TLS. */
  readonly binding: Uint8Array | undefined;
}

/**
 * Returns what one end of a session proves its knowledge of a key with: HMAC-SHA-256 by the key as it is on this server
 * over `patchbay-session-1`, a zero byte, `client` or `server`, a zero byte, the challenge, the SHA-256 of each first
 * Hello, and the value of the TLS exporter, if there is one.
 */
export function sessionProof(
  key: Uint8Array,
  end: 'client' | 'server',
  { challenge, clientHello, serverHello, binding }: SessionTranscript,
): Buffer {
  const { createHash, createHmac } = crypto();
  const mac = createHmac('sha256', key).update(`patchbay-session-1\0${end}\0`).update(challenge);
  for (const hello of [clientHello, serverHello]) {
    mac.update(createHash('sha256').update(hello).digest());
  }
  return mac.update(binding ?? '').digest();
}
