// Original file: proto/patchbay/v1/identity.proto


export interface PolicyKeyInput {
  'id'?: (string);
  'principal'?: (string);
  /**
   * The secret: 32 bytes in base64url.
   */
  'key'?: (string);
}

export interface PolicyKey {
  'id': (string);
  'principal': (string);
  /**
   * The secret: 32 bytes in base64url.
   */
  'key': (string);
}
