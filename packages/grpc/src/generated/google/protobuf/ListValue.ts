// Original file: null

import { type Value as _google_protobuf_Value, type ValueInput as _google_protobuf_ValueInput } from './Value.js';

export interface ListValueInput {
  'values'?: (_google_protobuf_ValueInput)[];
}

export interface ListValue {
  'values': (_google_protobuf_Value)[];
}
