import { coreError, isObjectDefinition } from '@patchbay/objects';

import type { ValueInput } from './generated/google/protobuf/Value.js';

/** Converts JSON data to a google.protobuf.Value for proto-loader; bytes become base64. @throws RpcError `RESULT_INVALID` */
export function toValue(data: unknown): ValueInput {
  switch (typeof data) {
    case 'string':
      return { stringValue: data };
    case 'number':
      return { numberValue: data };
    case 'boolean':
      return { boolValue: data };
    case 'object':
      break;
    default:
      return { nullValue: 'NULL_VALUE' };
  }
  if (data === null) {
    return { nullValue: 'NULL_VALUE' };
  }
  if (data instanceof Uint8Array) {
    return { stringValue: Buffer.from(data).toString('base64') };
  }
  if (isObjectDefinition(data)) {
    throw coreError('RESULT_INVALID', 'the method hands out an object, which only a session can carry');
  }
  if (Array.isArray(data)) {
    return { listValue: { values: data.map(toValue) } };
  }
  if ('toJSON' in data && typeof data.toJSON === 'function') {
    return toValue((data as { toJSON(): unknown }).toJSON());
  }
  return { structValue: toStruct(data as Record<string, unknown>) };
}

/** Converts an object to a google.protobuf.Struct, without its undefined members. @throws RpcError `RESULT_INVALID` */
export function toStruct(data: Readonly<Record<string, unknown>>): { fields: Record<string, ValueInput> } {
  const entries = Object.entries(data).filter(([, member]) => member !== undefined);
  return { fields: Object.fromEntries(entries.map(([key, member]) => [key, toValue(member)])) };
}

/** Converts a google.protobuf.Value from proto-loader to JSON data. @throws RpcError `MESSAGE_MALFORMED` */
export function fromValue(value: ValueInput): unknown {
  switch (value.kind) {
    case 'nullValue':
      return null;
    case 'numberValue':
      return value.numberValue;
    case 'stringValue':
      return value.stringValue;
    case 'boolValue':
      return value.boolValue;
    case 'listValue':
      return (value.listValue?.values ?? []).map(fromValue);
    case 'structValue':
      return Object.fromEntries(
        Object.entries(value.structValue?.fields ?? {}).map(([key, member]) => [key, fromValue(member)]),
      );
    default:
      throw coreError('MESSAGE_MALFORMED', 'an argument holds a google.protobuf.Value without a kind');
  }
}
