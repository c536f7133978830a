// Original file: proto/patchbay/v1/nameserver.proto


export interface EndpointInput {
  'address'?: (string);
  'serverId'?: (string);
  'leaseId'?: (string);
}

export interface Endpoint {
  'address': (string);
  'serverId': (string);
  'leaseId': (string);
}
