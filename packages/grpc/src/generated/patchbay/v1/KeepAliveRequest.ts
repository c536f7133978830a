// Original file: proto/patchbay/v1/nameserver.proto


export interface KeepAliveRequestInput {
  'leaseId'?: (string);
}

export interface KeepAliveRequest {
  'leaseId': (string);
}
