// Original file: proto/patchbay/v1/nameserver.proto

import type { NameClaimInput as _patchbay_v1_NameClaimInput, NameClaim as _patchbay_v1_NameClaim } from '../../patchbay/v1/NameClaim.js';

export interface RegisterRequestInput {
  /**
   * The server's lasting identity, unchanged by restarts.
   */
  'serverId'?: (string);
  /**
   * host:port for clients to dial, or unix:/path for those on the same machine.
   */
  'address'?: (string);
  'claims'?: (_patchbay_v1_NameClaimInput)[];
  /**
   * How long the lease lives without being renewed, in milliseconds; 0: the default, 10000.
   */
  'ttlMs'?: (number);
  /**
   * As of Endpoint.
   */
  'socket'?: (string);
  'machine'?: (string);
}

export interface RegisterRequest {
  /**
   * The server's lasting identity, unchanged by restarts.
   */
  'serverId': (string);
  /**
   * host:port for clients to dial, or unix:/path for those on the same machine.
   */
  'address': (string);
  'claims': (_patchbay_v1_NameClaim)[];
  /**
   * How long the lease lives without being renewed, in milliseconds; 0: the default, 10000.
   */
  'ttlMs': (number);
  /**
   * As of Endpoint.
   */
  'socket': (string);
  'machine': (string);
}
