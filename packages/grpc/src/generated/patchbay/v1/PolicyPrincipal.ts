// Original file: proto/patchbay/v1/identity.proto


export interface PolicyPrincipalInput {
  /**
   * "host:web1", "user:alice".
   */
  'principal'?: (string);
  /**
   * "active" or "revoked". Whoever is not listed is nobody.
   */
  'state'?: (string);
  'groups'?: (string)[];
  /**
   * Of the keys whose certificates count.
   */
  'fingerprints'?: (string)[];
}

export interface PolicyPrincipal {
  /**
   * "host:web1", "user:alice".
   */
  'principal': (string);
  /**
   * "active" or "revoked". Whoever is not listed is nobody.
   */
  'state': (string);
  'groups': (string)[];
  /**
   * Of the keys whose certificates count.
   */
  'fingerprints': (string)[];
}
