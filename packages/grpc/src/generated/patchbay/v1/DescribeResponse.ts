// Original file: proto/patchbay/v1/objects.proto

import type { StructInput as _google_protobuf_StructInput, Struct as _google_protobuf_Struct } from '../../google/protobuf/Struct.js';

export interface DescribeResponseInput {
  /**
   * One description per object, as documented in docs/reference/protocol.md.
   */
  'objects'?: (_google_protobuf_StructInput)[];
}

export interface DescribeResponse {
  /**
   * One description per object, as documented in docs/reference/protocol.md.
   */
  'objects': (_google_protobuf_Struct)[];
}
