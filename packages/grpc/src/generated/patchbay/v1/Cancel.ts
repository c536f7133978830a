// Original file: proto/patchbay/v1/objects.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Asks the other side to abort a call, which still answers with a failure.
 */
export interface CancelInput {
  'call'?: (number | string | Long);
}

/**
 * Asks the other side to abort a call, which still answers with a failure.
 */
export interface Cancel {
  'call': (number);
}
