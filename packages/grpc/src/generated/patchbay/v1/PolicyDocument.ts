// Original file: proto/patchbay/v1/identity.proto

import type { PolicyPrincipalInput as _patchbay_v1_PolicyPrincipalInput, PolicyPrincipal as _patchbay_v1_PolicyPrincipal } from '../../patchbay/v1/PolicyPrincipal.js';
import type { PolicyGrantInput as _patchbay_v1_PolicyGrantInput, PolicyGrant as _patchbay_v1_PolicyGrant } from '../../patchbay/v1/PolicyGrant.js';
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
}
