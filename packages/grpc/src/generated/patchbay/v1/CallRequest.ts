// Original file: proto/patchbay/v1/objects.proto

import type { ValueInput as _google_protobuf_ValueInput, Value as _google_protobuf_Value } from '../../google/protobuf/Value.js';

export interface CallRequestInput {
  'object'?: (string);
  'method'?: (string);
  /**
   * The positional arguments, then an object with the options. Bytes are base64 strings.
   */
  'arguments'?: (_google_protobuf_ValueInput)[];
}

export interface CallRequest {
  'object': (string);
  'method': (string);
  /**
   * The positional arguments, then an object with the options. Bytes are base64 strings.
   */
  'arguments': (_google_protobuf_Value)[];
}
