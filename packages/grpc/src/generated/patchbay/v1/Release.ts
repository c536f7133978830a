// Original file: proto/patchbay/v1/objects.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Releases an object that was handed out, which the client no longer uses. The end of the session releases them all.
 */
export interface ReleaseInput {
  'object'?: (number | string | Long);
}

/**
 * Releases an object that was handed out, which the client no longer uses. The end of the session releases them all.
 */
export interface Release {
  'object': (number);
}
