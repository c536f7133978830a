// Original file: proto/patchbay/v1/objects.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Keeps a function among a call's arguments beyond the call, or releases it. From the server: before the call's answer,
 * to keep it, where the call succeeds; released, when it will not call it any more. From the client: released, when the
 * server must not call it any more. The end of the session releases all of them without this.
 */
export interface SubscriptionInput {
  'call'?: (number | string | Long);
  /**
   * The number of the callback.
   */
  'callback'?: (number);
  'released'?: (boolean);
}

/**
 * Keeps a function among a call's arguments beyond the call, or releases it. From the server: before the call's answer,
 * to keep it, where the call succeeds; released, when it will not call it any more. From the client: released, when the
 * server must not call it any more. The end of the session releases all of them without this.
 */
export interface Subscription {
  'call': (number);
  /**
   * The number of the callback.
   */
  'callback': (number);
  'released': (boolean);
}
