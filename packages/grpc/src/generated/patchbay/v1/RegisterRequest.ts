// Original file: proto/patchbay/v1/nameserver.proto

import type { NameClaimInput as _patchbay_v1_NameClaimInput, NameClaim as _patchbay_v1_NameClaim } from '../../patchbay/v1/NameClaim.js';

export interface RegisterRequestInput {
  /**
   * The server's lasting identity, the same after it restarts.
   */
  'serverId'?: (string);
  /**
   * host:port as clients shall dial it.
   */
  'address'?: (string);
  'claims'?: (_patchbay_v1_NameClaimInput)[];
  /**
   * Milliseconds that the lease lives without being kept alive; 0: the default, 10000.
   */
  'ttlMs'?: (number);
}

export interface RegisterRequest {
  /**
   * The server's lasting identity, the same after it restarts.
   */
  'serverId': (string);
  /**
   * host:port as clients shall dial it.
   */
  'address': (string);
  'claims': (_patchbay_v1_NameClaim)[];
  /**
   * Milliseconds that the lease lives without being kept alive; 0: the default, 10000.
   */
  'ttlMs': (number);
}
