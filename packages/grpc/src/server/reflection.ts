import { type Server } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';

import { fileDescriptors } from '../generated/descriptors.js';

/** The services that stand beside those of a server's own. */
const standardServices: Readonly<Record<string, string>> = {
  'grpc.health.v1.Health': 'health/v1/health.proto',
  'grpc.reflection.v1.ServerReflection': 'grpc/reflection/v1/reflection.proto',
  'grpc.reflection.v1alpha.ServerReflection': 'grpc/reflection/v1alpha/reflection.proto',
};

/** What errors carry in their trailer, and what the files import. */
const sharedFiles = ['google/rpc/status.proto', 'google/protobuf/any.proto', 'google/protobuf/struct.proto'];

/**
 * Adds server reflection, v1 and v1alpha: it lists the services given, by name with their .proto files, and health
 * and itself, and knows no others.
 */
export function addReflection(server: Server, services: Readonly<Record<string, string>>): void {
  const served = { ...services, ...standardServices };
  const files = [...sharedFiles, ...Object.values(served)].map((name) => {
    const descriptor = fileDescriptors[name];
    if (descriptor === undefined) {
      throw new Error(`no descriptor of ${name} was generated`);
    }
    return Buffer.from(descriptor, 'base64');
  });
  // It reads the files of a definition, and nothing else of it.
  const definition = {
    format: 'Protocol Buffer 3 EnumDescriptorProto' as const,
    type: {},
    fileDescriptorProtos: files,
  };
  new ReflectionService({ definition }, { services: Object.keys(served) }).addToServer(server);
}
