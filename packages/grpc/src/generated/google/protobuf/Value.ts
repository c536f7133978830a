// Original file: null

import { type NullValue as _google_protobuf_NullValue, type NullValueInput as _google_protobuf_NullValueInput } from './NullValue.js';
import { type Struct as _google_protobuf_Struct, type StructInput as _google_protobuf_StructInput } from './Struct.js';
import { type ListValue as _google_protobuf_ListValue, type ListValueInput as _google_protobuf_ListValueInput } from './ListValue.js';

export interface ValueInput {
  'nullValue'?: (_google_protobuf_NullValueInput);
  'numberValue'?: (number | string);
  'stringValue'?: (string);
  'boolValue'?: (boolean);
  'structValue'?: (_google_protobuf_StructInput | null);
  'listValue'?: (_google_protobuf_ListValueInput | null);
  'kind'?: "nullValue"|"numberValue"|"stringValue"|"boolValue"|"structValue"|"listValue";
}

export interface Value {
  'nullValue'?: (_google_protobuf_NullValue);
  'numberValue'?: (number);
  'stringValue'?: (string);
  'boolValue'?: (boolean);
  'structValue'?: (_google_protobuf_Struct | null);
  'listValue'?: (_google_protobuf_ListValue | null);
  'kind'?: "nullValue"|"numberValue"|"stringValue"|"boolValue"|"structValue"|"listValue";
}
