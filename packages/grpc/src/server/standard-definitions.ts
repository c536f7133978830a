import type { ServiceDefinition } from '@grpc/grpc-js';
import { loadFileDescriptorSetFromBuffer } from '@grpc/proto-loader';

import { type ProtoFile, protoFiles } from '../generated/descriptors.js';

/** Returns a .proto file that was generated. @throws Error for one that was not */
export function protoFile(name: string): ProtoFile {
  const file = protoFiles[name];
  if (file === undefined) {
    throw new Error(`no descriptor of ${name} was generated`);
  }
  return file;
}

/** Returns a service that a .proto file defines, which may not import others, with messages for grpc-js. */
export function serviceOf(file: string, service: string): ServiceDefinition {
  const descriptor = Buffer.from(protoFile(file).descriptor, 'base64');
  // A FileDescriptorSet of one file: its field 1, and the length as a varint.
  const length: number[] = [];
  for (let rest = descriptor.length; rest > 0; rest >>>= 7) {
    length.push(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest);
  }
  const set = Buffer.concat([Buffer.from([0x0a, ...length]), descriptor]);
  const options = { longs: Number, enums: String, defaults: true, oneofs: true };
  return loadFileDescriptorSetFromBuffer(set, options)[service] as unknown as ServiceDefinition;
}
