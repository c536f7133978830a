// Original file: proto/patchbay/v1/identity.proto

import type { PolicyPrincipalInput as _patchbay_v1_PolicyPrincipalInput, PolicyPrincipal as _patchbay_v1_PolicyPrincipal } from '../../patchbay/v1/PolicyPrincipal.js';
import type { PolicyGrantInput as _patchbay_v1_PolicyGrantInput, PolicyGrant as _patchbay_v1_PolicyGrant } from '../../patchbay/v1/PolicyGrant.js';
import type { PolicyRevocationInput as _patchbay_v1_PolicyRevocationInput, PolicyRevocation as _patchbay_v1_PolicyRevocation } from '../../patchbay/v1/PolicyRevocation.js';
import type { PolicyKeyInput as _patchbay_v1_PolicyKeyInput, PolicyKey as _patchbay_v1_PolicyKey } from '../../patchbay/v1/PolicyKey.js';
import type { Long } from '@grpc/proto-loader';

export interface PolicyChangeInput {
  'revision'?: (number | string | Long);
  /**
   * Whether roots has all of them anew; otherwise they are as before.
   */
  'hasRoots'?: (boolean);
  'roots'?: (string)[];
  /**
   * Those that are new or changed.
   */
  'principals'?: (_patchbay_v1_PolicyPrincipalInput)[];
  'grants'?: (_patchbay_v1_PolicyGrantInput)[];
  /**
   * The principals that are no longer listed, and the ids of grants that ended.
   */
  'removedPrincipals'?: (string)[];
  'removedGrants'?: (string)[];
  'revocations'?: (_patchbay_v1_PolicyRevocationInput)[];
  /**
   * What of them counts no more, as it was allowed again since.
   */
  'liftedRevocations'?: (string)[];
  /**
   * The API keys that are new, and the ids of those that were removed.
   */
  'keys'?: (_patchbay_v1_PolicyKeyInput)[];
  'removedKeys'?: (string)[];
}

export interface PolicyChange {
  'revision': (number);
  /**
   * Whether roots has all of them anew; otherwise they are as before.
   */
  'hasRoots': (boolean);
  'roots': (string)[];
  /**
   * Those that are new or changed.
   */
  'principals': (_patchbay_v1_PolicyPrincipal)[];
  'grants': (_patchbay_v1_PolicyGrant)[];
  /**
   * The principals that are no longer listed, and the ids of grants that ended.
   */
  'removedPrincipals': (string)[];
  'removedGrants': (string)[];
  'revocations': (_patchbay_v1_PolicyRevocation)[];
  /**
   * What of them counts no more, as it was allowed again since.
   */
  'liftedRevocations': (string)[];
  /**
   * The API keys that are new, and the ids of those that were removed.
   */
  'keys': (_patchbay_v1_PolicyKey)[];
  'removedKeys': (string)[];
}
