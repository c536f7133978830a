// Writes protoc's descriptors of .proto files as one TypeScript module: node scripts/bundle-descriptors.js SET OUT
import { Buffer } from 'node:buffer';
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import descriptor from 'protobufjs/ext/descriptor/index.js';

const { FileDescriptorProto, FileDescriptorSet } = descriptor;
const [set, out] = process.argv.slice(2);
const lines = FileDescriptorSet.decode(readFileSync(set)).file.map((file) => {
  const bytes = Buffer.from(FileDescriptorProto.encode(file).finish());
  return `  '${file.name}': '${bytes.toString('base64')}',\n`;
});
writeFileSync(
  out,
  `// Made by scripts/generate.sh from proto/. Do not edit.
/** The FileDescriptorProto of each .proto file that is served, and of those that it imports, in base64. */
export const fileDescriptors: Readonly<Record<string, string>> = {
${lines.join('')}};
`,
);
