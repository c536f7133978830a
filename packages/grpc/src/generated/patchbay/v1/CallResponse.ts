// Original file: proto/patchbay/v1/objects.proto

import type { ValueInput as _google_protobuf_ValueInput, Value as _google_protobuf_Value } from '../../google/protobuf/Value.js';

export interface CallResponseInput {
  'item'?: (_google_protobuf_ValueInput | null);
  'result'?: (_google_protobuf_ValueInput | null);
  'kind'?: "item"|"result";
}

export interface CallResponse {
  'item'?: (_google_protobuf_Value | null);
  'result'?: (_google_protobuf_Value | null);
  'kind'?: "item"|"result";
}
