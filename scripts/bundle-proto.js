// Writes the .proto files as one TypeScript module: node scripts/bundle-proto.js OUT
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import protobuf from 'protobufjs';

const root = new protobuf.Root();
root.resolvePath = (_origin, target) =>
  target.startsWith('google/protobuf/') ? target : join(import.meta.dirname, '..', 'proto', target);
root.loadSync([
  'patchbay/v1/objects.proto',
  'patchbay/v1/nameserver.proto',
  'patchbay/v1/identity.proto',
  'google/rpc/status.proto',
]);
const json = JSON.stringify(root.toJSON(), undefined, 2);
writeFileSync(
  process.argv[2],
  `// Made by scripts/generate.sh from proto/. Do not edit.\nexport const definitions: object = ${json};\n`,
);
