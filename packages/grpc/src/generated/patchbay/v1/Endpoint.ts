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
  /**
   * The socket file for callers on its machine, as unix:/path, if it has one besides its address; see machine.
   */
  'socket'?: (string);
  /**
   * Identifies the machine of the server's socket files: the first 32 hexadecimal digits of the SHA-256 of
   * /proc/sys/kernel/random/boot_id. Where the address itself is a socket file, only callers there reach the server.
   */
  'machine'?: (string);
  /**
   * Whether it was registered for its host by the name server's own socket file, so that its socket files are that
   * machine's.
   */
  'local'?: (boolean);
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
  /**
   * The socket file for callers on its machine, as unix:/path, if it has one besides its address; see machine.
   */
  'socket': (string);
  /**
   * Identifies the machine of the server's socket files: the first 32 hexadecimal digits of the SHA-256 of
   * /proc/sys/kernel/random/boot_id. Where the address itself is a socket file, only callers there reach the server.
   */
  'machine': (string);
  /**
   * Whether it was registered for its host by the name server's own socket file, so that its socket files are that
   * machine's.
   */
  'local': (boolean);
}
