// Original file: proto/patchbay/v1/nameserver.proto


export interface EndpointInput {
  'address'?: (string);
  'serverId'?: (string);
  /**
   * Empty unless the lease is the caller's.
   */
  'leaseId'?: (string);
  /**
   * The principal that registered it, such as "host:web1"; the name server fills it in.
   */
  'host'?: (string);
}

export interface Endpoint {
  'address': (string);
  'serverId': (string);
  /**
   * Empty unless the lease is the caller's.
   */
  'leaseId': (string);
  /**
   * The principal that registered it, such as "host:web1"; the name server fills it in.
   */
  'host': (string);
}
