/** What whoever enrols signs with the key that it enrols. */
export interface EnrolmentParts {
  /** As `identity.status` returned it on the same connection, at most 60 s ago. */
  readonly challenge: string;
  readonly kind: 'host' | 'user';
  /** The name that is wished for; undefined for the one that the token names. */
  readonly name: string | undefined;
  /** The token as text; undefined over a socket file, where none is needed. */
  readonly token: string | undefined;
  /** The fingerprint of the public key. */
  readonly fingerprint: string;
  /** The fingerprint of the sealing key; undefined where there is none. */
  readonly sealingFingerprint: string | undefined;
}

/** What whoever renews signs with the key whose certificate is renewed. */
export interface RenewalParts {
  readonly challenge: string;
  readonly kind: 'host' | 'user';
  readonly name: string;
  readonly fingerprint: string;
}

/**
 * Returns the text that is signed to enrol: seven lines, each ended by a line feed, the last one too.
 *
 *     patchbay-enrol-1
 *     CHALLENGE
 *     host | user
 *     NAME             (empty: the one that the token names)
 *     TOKEN            (empty: none)
 *     FINGERPRINT      (SHA256:..., of the public key)
 *     FINGERPRINT      (of the sealing key; empty: none)
 *
 * The signature is ECDSA with SHA-256 in DER, as `openssl dgst -sha256 -sign` makes it, and sent in base64:
 *
 *     identity.enrol(kind, publicKeyPem, challenge, signature, { name, token, sealingKey: sealingKeyPem })
 *
 * The answer is an `Enrolment`: `pending` until an admin approves, which `identity.renew` finds out.
 */
export function enrolmentMessage(parts: EnrolmentParts): string {
  const { challenge, kind, name = '', token = '', fingerprint, sealingFingerprint = '' } = parts;
  return lines('patchbay-enrol-1', challenge, kind, name, token, fingerprint, sealingFingerprint);
}

/**
 * Returns the text that is signed to renew: five lines, `patchbay-renew-1`, the challenge, `host` or `user`, the name and
 * the fingerprint of the public key. The signature is as that of an enrolment:
 *
 *     identity.renew(kind, name, publicKeyPem, challenge, signature)
 */
export function renewalMessage({ challenge, kind, name, fingerprint }: RenewalParts): string {
  return lines('patchbay-renew-1', challenge, kind, name, fingerprint);
}

function lines(...each: readonly string[]): string {
  return `${each.join('\n')}\n`;
}
