// Original file: proto/patchbay/v1/nameserver.proto


export interface NameClaimInput {
  'name'?: (string);
  'metadata'?: ({[key: string]: string});
  /**
   * Whether other servers may have the name too; all of them must claim it so.
   */
  'shared'?: (boolean);
  /**
   * Whether to take the name from its owner, which is informed when it renews its lease: from another server of the
   * caller's, or as an admin.
   */
  'replace'?: (boolean);
}

export interface NameClaim {
  'name': (string);
  'metadata': ({[key: string]: string});
  /**
   * Whether other servers may have the name too; all of them must claim it so.
   */
  'shared': (boolean);
  /**
   * Whether to take the name from its owner, which is informed when it renews its lease: from another server of the
   * caller's, or as an admin.
   */
  'replace': (boolean);
}
