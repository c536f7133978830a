// Original file: proto/patchbay/v1/nameserver.proto


export interface LookupRequestInput {
  'name'?: (string);
}

export interface LookupRequest {
  'name': (string);
}
