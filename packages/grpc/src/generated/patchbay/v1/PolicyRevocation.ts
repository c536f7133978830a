// Original file: proto/patchbay/v1/identity.proto

import type { Long } from '@grpc/proto-loader';

export interface PolicyRevocationInput {
  /**
   * "host:NAME" or "user:NAME", one of its keys as "user:NAME FINGERPRINT", or "grant:ID", "token:ID" or "key:ID".
   */
  'what'?: (string);
  /**
   * In milliseconds since the Unix epoch.
   */
  'atMs'?: (number | string | Long);
  /**
   * By which the authority knows that it said so itself.
   */
  'proof'?: (string);
}

export interface PolicyRevocation {
  /**
   * "host:NAME" or "user:NAME", one of its keys as "user:NAME FINGERPRINT", or "grant:ID", "token:ID" or "key:ID".
   */
  'what': (string);
  /**
   * In milliseconds since the Unix epoch.
   */
  'atMs': (number);
  /**
   * By which the authority knows that it said so itself.
   */
  'proof': (string);
}
