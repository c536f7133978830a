// Original file: proto/patchbay/v1/identity.proto

import type { Long } from '@grpc/proto-loader';

export interface PolicyGrantInput {
  'id'?: (string);
  /**
   * A principal, or "group:ops".
   */
  'to'?: (string);
  /**
   * "viewer", "operator", "admin", or "delegate": to call in the name of others.
   */
  'role'?: (string);
  /**
   * Globs of objects' and methods' names.
   */
  'objects'?: (string);
  'methods'?: (string);
  /**
   * When it ends, in milliseconds since the Unix epoch. Absent: it does not.
   */
  'untilMs'?: (number | string | Long);
  '_untilMs'?: "untilMs";
}

export interface PolicyGrant {
  'id': (string);
  /**
   * A principal, or "group:ops".
   */
  'to': (string);
  /**
   * "viewer", "operator", "admin", or "delegate": to call in the name of others.
   */
  'role': (string);
  /**
   * Globs of objects' and methods' names.
   */
  'objects': (string);
  'methods': (string);
  /**
   * When it ends, in milliseconds since the Unix epoch. Absent: it does not.
   */
  'untilMs'?: (number);
  '_untilMs'?: "untilMs";
}
