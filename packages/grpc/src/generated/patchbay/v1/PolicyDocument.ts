// Original file: proto/patchbay/v1/identity.proto

import type { PolicyPrincipalInput as _patchbay_v1_PolicyPrincipalInput, PolicyPrincipal as _patchbay_v1_PolicyPrincipal } from '../../patchbay/v1/PolicyPrincipal.js';
import type { PolicyGrantInput as _patchbay_v1_PolicyGrantInput, PolicyGrant as _patchbay_v1_PolicyGrant } from '../../patchbay/v1/PolicyGrant.js';
import type { PolicyRevocationInput as _patchbay_v1_PolicyRevocationInput, PolicyRevocation as _patchbay_v1_PolicyRevocation } from '../../patchbay/v1/PolicyRevocation.js';
import type { PolicyKeyInput as _patchbay_v1_PolicyKeyInput, PolicyKey as _patchbay_v1_PolicyKey } from '../../patchbay/v1/PolicyKey.js';
import type { Long } from '@grpc/proto-loader';

export interface PolicyDocumentInput {
  /**
   * Grows with each change.
   */
  'revision'?: (number | string | Long);
  'cluster'?: (string);
  /**
   * The certificates of the roots that are trusted, in PEM.
   */
  'roots'?: (string)[];
  'principals'?: (_patchbay_v1_PolicyPrincipalInput)[];
  'grants'?: (_patchbay_v1_PolicyGrantInput)[];
  /**
   * Which certificates of an active principal count: "listed", those of its listed keys; "vouched", all that the roots
   * issued, as of a PKI of one's own, whose roots each knows by itself. Empty: "listed".
   */
  'certificates'?: (string);
  /**
   * What was revoked. Keep it: an authority that was restored from a backup is told.
   */
  'revocations'?: (_patchbay_v1_PolicyRevocationInput)[];
  /**
   * The API keys of users, as they are on the host that is told; nobody is told those of another.
   */
  'keys'?: (_patchbay_v1_PolicyKeyInput)[];
}

export interface PolicyDocument {
  /**
   * Grows with each change.
   */
  'revision': (number);
  'cluster': (string);
  /**
   * The certificates of the roots that are trusted, in PEM.
   */
  'roots': (string)[];
  'principals': (_patchbay_v1_PolicyPrincipal)[];
  'grants': (_patchbay_v1_PolicyGrant)[];
  /**
   * Which certificates of an active principal count: "listed", those of its listed keys; "vouched", all that the roots
   * issued, as of a PKI of one's own, whose roots each knows by itself. Empty: "listed".
   */
  'certificates': (string);
  /**
   * What was revoked. Keep it: an authority that was restored from a backup is told.
   */
  'revocations': (_patchbay_v1_PolicyRevocation)[];
  /**
   * The API keys of users, as they are on the host that is told; nobody is told those of another.
   */
  'keys': (_patchbay_v1_PolicyKey)[];
}
