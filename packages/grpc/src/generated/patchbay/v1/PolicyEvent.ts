// Original file: proto/patchbay/v1/identity.proto

import type { PolicyDocumentInput as _patchbay_v1_PolicyDocumentInput, PolicyDocument as _patchbay_v1_PolicyDocument } from '../../patchbay/v1/PolicyDocument.js';
import type { PolicyChangeInput as _patchbay_v1_PolicyChangeInput, PolicyChange as _patchbay_v1_PolicyChange } from '../../patchbay/v1/PolicyChange.js';
import type { Long } from '@grpc/proto-loader';

export interface PolicyEventInput {
  /**
   * All of it: the first message, and wherever changes were missed.
   */
  'document'?: (_patchbay_v1_PolicyDocumentInput | null);
  /**
   * What changed since the last message.
   */
  'change'?: (_patchbay_v1_PolicyChangeInput | null);
  /**
   * A sign of life: nothing changed up to this revision. A policy is good for 24 h after the last message.
   */
  'unchanged'?: (number | string | Long);
  'event'?: "document"|"change"|"unchanged";
}

export interface PolicyEvent {
  /**
   * All of it: the first message, and wherever changes were missed.
   */
  'document'?: (_patchbay_v1_PolicyDocument | null);
  /**
   * What changed since the last message.
   */
  'change'?: (_patchbay_v1_PolicyChange | null);
  /**
   * A sign of life: nothing changed up to this revision. A policy is good for 24 h after the last message.
   */
  'unchanged'?: (number);
  'event'?: "document"|"change"|"unchanged";
}
