// Original file: proto/patchbay/v1/nameserver.proto


export interface NameClaimInput {
  'name'?: (string);
  'metadata'?: ({[key: string]: string});
}

export interface NameClaim {
  'name': (string);
  'metadata': ({[key: string]: string});
}
