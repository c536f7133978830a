// Original file: proto/patchbay/v1/nameserver.proto


export interface NameClaimInput {
  'name'?: (string);
  'metadata'?: ({[key: string]: string});
  /**
   * Whether other servers may have the name too; all of them must say so.
   */
  'shared'?: (boolean);
  /**
   * Whether to take the name from whoever has it. Its owner learns of that when it keeps its lease alive.
   */
  'replace'?: (boolean);
}

export interface NameClaim {
  'name': (string);
  'metadata': ({[key: string]: string});
  /**
   * Whether other servers may have the name too; all of them must say so.
   */
  'shared': (boolean);
  /**
   * Whether to take the name from whoever has it. Its owner learns of that when it keeps its lease alive.
   */
  'replace': (boolean);
}
