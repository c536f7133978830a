import { types } from 'node:util';

import { coreError, isObjectDefinition } from '@patchbay/objects';
import { copyJson, pathText } from '@patchbay/session';

import type { ValueInput } from './generated/google/protobuf/Value.js';

/**
 * Converts what a method gave to a google.protobuf.Value for proto-loader; bytes become base64.
 *
 * @param root the name of the value in messages
 * @throws RpcError `RESULT_INVALID` for what cannot be carried, such as NaN or a Map
 */
export function toValue(output: unknown, root: string): ValueInput {
  return valueOf(copyJson(output, root, { replace, wellFormed: true, reason: 'RESULT_INVALID' }));
}

function replace(part: string | object, _path: unknown, refuse: (why: string) => never): string | undefined {
  if (types.isUint8Array(part)) {
    return Buffer.from(part).toString('base64');
  }
  return isObjectDefinition(part)
    ? refuse('is an object with methods, which only a session can carry')
    : undefined;
}

/** Converts JSON data, in which undefined members are absent. */
function valueOf(data: unknown): ValueInput {
  switch (typeof data) {
    case 'string':
      return { stringValue: data };
    case 'number':
      return { numberValue: data };
    case 'boolean':
      return { boolValue: data };
    default:
      return data === undefined || data === null
        ? { nullValue: 'NULL_VALUE' }
        : Array.isArray(data)
          ? { listValue: { values: data.map(valueOf) } }
          : { structValue: toStruct(data) };
  }
}

/** Converts a JSON object to a google.protobuf.Struct, without its undefined members. */
export function toStruct(data: object): { fields: Record<string, ValueInput> } {
  const entries = Object.entries(data).filter(([, member]) => member !== undefined);
  return { fields: Object.fromEntries(entries.map(([key, member]) => [key, valueOf(member)])) };
}

/**
 * Converts a google.protobuf.Value from proto-loader to JSON data.
 *
 * @param root the name of the value in messages
 * @throws RpcError `MESSAGE_MALFORMED`, `ARGUMENT_INVALID` for NaN and infinities, which are not JSON
 */
export function fromValue(value: ValueInput, root: string): unknown {
  const path: (string | number)[] = [];
  const convert = (part: ValueInput, depth: number): unknown => {
    switch (part.kind) {
      case 'nullValue':
        return null;
      case 'numberValue':
        return Number.isFinite(part.numberValue) ? part.numberValue : refuse(part.numberValue, depth);
      case 'stringValue':
        return part.stringValue;
      case 'boolValue':
        return part.boolValue;
      case 'listValue':
        return (part.listValue?.values ?? []).map((item, index) => {
          path[depth] = index;
          return convert(item, depth + 1);
        });
      case 'structValue':
        return Object.fromEntries(
          Object.entries(part.structValue?.fields ?? {}).map(([key, member]) => {
            path[depth] = key;
            return [key, convert(member, depth + 1)];
          }),
        );
      default:
        throw coreError('MESSAGE_MALFORMED', `${root} holds a google.protobuf.Value without a kind`);
    }
  };
  const refuse = (number: unknown, depth: number): never => {
    const place = `${root}${pathText(path.slice(0, depth))}`;
    throw coreError('ARGUMENT_INVALID', `${place} is ${String(number)}, which cannot be carried`);
  };
  return convert(value, 0);
}
