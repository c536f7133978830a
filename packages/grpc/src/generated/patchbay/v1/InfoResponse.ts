// Original file: proto/patchbay/v1/nameserver.proto

import type { Long } from '@grpc/proto-loader';

export interface InfoResponseInput {
  'version'?: (string);
  /**
   * RFC 3339, UTC.
   */
  'startedAt'?: (string);
  /**
   * A shared name counts once per server.
   */
  'names'?: (number | string | Long);
  'leases'?: (number | string | Long);
  'revision'?: (number | string | Long);
  /**
   * Why names can be looked up but not registered, as where the disk is full; empty where they can.
   */
  'problem'?: (string);
}

export interface InfoResponse {
  'version': (string);
  /**
   * RFC 3339, UTC.
   */
  'startedAt': (string);
  /**
   * A shared name counts once per server.
   */
  'names': (number);
  'leases': (number);
  'revision': (number);
  /**
   * Why names can be looked up but not registered, as where the disk is full; empty where they can.
   */
  'problem': (string);
}
