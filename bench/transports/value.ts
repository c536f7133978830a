import { type MessageTypeDefinition, type PackageDefinition, loadSync } from '@grpc/proto-loader';
import { fileURLToPath } from 'node:url';

import { type Payload } from '../payloads.js';

/** A google.protobuf.Value of proto-loader, as far as payloads need it. */
export type Value = { readonly kind?: string } & Readonly<Record<string, unknown>>;

/** The .proto files, loaded as in another project. */
export const protocol: PackageDefinition = loadSync('patchbay/v1/objects.proto', {
  includeDirs: [fileURLToPath(new URL('../../../proto', import.meta.url))],
  longs: Number,
  enums: String,
  defaults: true,
  oneofs: true,
});

/** Encodes and decodes a message of the .proto files. */
export function codecOf(name: string): {
  readonly serialize: (message: object) => Buffer;
  readonly deserialize: (bytes: Buffer) => object;
} {
  const { serialize, deserialize } = protocol[name] as MessageTypeDefinition<object, object>;
  return { serialize, deserialize };
}

/** Converts a payload to a Value. */
export function toValue(payload: Payload | number | boolean): Value {
  switch (typeof payload) {
    case 'string':
      return { stringValue: payload };
    case 'number':
      return { numberValue: payload };
    case 'boolean':
      return { boolValue: payload };
    default: {
      const fields = Object.entries(payload).map(([key, member]) => [key, toValue(member)]);
      return { structValue: { fields: Object.fromEntries(fields) as Record<string, Value> } };
    }
  }
}

/** Converts a Value to the value that it encodes. */
export function fromValue(value: Value): unknown {
  const content = value[value.kind ?? ''];
  if (value.kind !== 'structValue') {
    return content;
  }
  const { fields } = content as { readonly fields: Readonly<Record<string, Value>> };
  return Object.fromEntries(Object.entries(fields).map(([key, member]) => [key, fromValue(member)]));
}
