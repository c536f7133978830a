// Original file: proto/patchbay/v1/identity.proto


export interface RenewRequestInput {
  /**
   * "host" or "user".
   */
  'kind'?: (string);
  'name'?: (string);
  /**
   * As in EnrolRequest.
   */
  'publicKey'?: (string);
  'challenge'?: (string);
  /**
   * As in EnrolRequest, over five lines: "patchbay-renew-1", the challenge, the kind, the name, the fingerprint of the
   * public key.
   */
  'signature'?: (Buffer | Uint8Array | string);
}

export interface RenewRequest {
  /**
   * "host" or "user".
   */
  'kind': (string);
  'name': (string);
  /**
   * As in EnrolRequest.
   */
  'publicKey': (string);
  'challenge': (string);
  /**
   * As in EnrolRequest, over five lines: "patchbay-renew-1", the challenge, the kind, the name, the fingerprint of the
   * public key.
   */
  'signature': (Buffer);
}
