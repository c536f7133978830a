// Original file: proto/patchbay/v1/objects.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Ends a stream among a call's arguments. From the client: there is no more of it. From the server: it wants no more
 * of it; items that are under way are dropped. The end of the call ends its streams without this.
 */
export interface EndInput {
  'call'?: (number | string | Long);
  'stream'?: (number);
}

/**
 * Ends a stream among a call's arguments. From the client: there is no more of it. From the server: it wants no more
 * of it; items that are under way are dropped. The end of the call ends its streams without this.
 */
export interface End {
  'call': (number);
  'stream': (number);
}
