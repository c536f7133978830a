// Original file: proto/patchbay/v1/identity.proto


export interface EnrolRequestInput {
  /**
   * "host" or "user".
   */
  'kind'?: (string);
  /**
   * The public key, of P-256, as SPKI in PEM.
   */
  'publicKey'?: (string);
  /**
   * As Status returned it on this connection.
   */
  'challenge'?: (string);
  /**
   * By the private key over these seven lines, each ended by a line feed: "patchbay-enrol-1", the challenge, the kind, the
   * name, the token, the fingerprint of the public key, that of the sealing key; empty for what is not sent. A fingerprint
   * is "SHA256:" and the unpadded base64 of the SHA-256 of the key, as SPKI in DER. ECDSA with SHA-256, in DER.
   */
  'signature'?: (Buffer | Uint8Array | string);
  /**
   * The name to enrol as. Empty: that of the token.
   */
  'name'?: (string);
  /**
   * The token. Empty: none, which root's own host does without on the name server's socket file.
   */
  'token'?: (string);
  /**
   * The X25519 public key to which secrets are sealed, as SPKI in PEM. Empty: none.
   */
  'sealingKey'?: (string);
}

export interface EnrolRequest {
  /**
   * "host" or "user".
   */
  'kind': (string);
  /**
   * The public key, of P-256, as SPKI in PEM.
   */
  'publicKey': (string);
  /**
   * As Status returned it on this connection.
   */
  'challenge': (string);
  /**
   * By the private key over these seven lines, each ended by a line feed: "patchbay-enrol-1", the challenge, the kind, the
   * name, the token, the fingerprint of the public key, that of the sealing key; empty for what is not sent. A fingerprint
   * is "SHA256:" and the unpadded base64 of the SHA-256 of the key, as SPKI in DER. ECDSA with SHA-256, in DER.
   */
  'signature': (Buffer);
  /**
   * The name to enrol as. Empty: that of the token.
   */
  'name': (string);
  /**
   * The token. Empty: none, which root's own host does without on the name server's socket file.
   */
  'token': (string);
  /**
   * The X25519 public key to which secrets are sealed, as SPKI in PEM. Empty: none.
   */
  'sealingKey': (string);
}
