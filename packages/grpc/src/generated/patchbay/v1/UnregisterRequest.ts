// Original file: proto/patchbay/v1/nameserver.proto


export interface UnregisterRequestInput {
  'leaseId'?: (string);
}

export interface UnregisterRequest {
  'leaseId': (string);
}
