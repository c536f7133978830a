// Original file: proto/patchbay/v1/nameserver.proto


export interface SetMetadataRequestInput {
  'name'?: (string);
  'set'?: ({[key: string]: string});
  'remove'?: (string)[];
}

export interface SetMetadataRequest {
  'name': (string);
  'set': ({[key: string]: string});
  'remove': (string)[];
}
