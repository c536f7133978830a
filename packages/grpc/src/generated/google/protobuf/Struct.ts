// Original file: null

import { type Value as _google_protobuf_Value, type ValueInput as _google_protobuf_ValueInput } from './Value.js';

export interface StructInput {
  'fields'?: ({[key: string]: _google_protobuf_ValueInput});
}

export interface Struct {
  'fields': ({[key: string]: _google_protobuf_Value});
}
