// Writes protoc's descriptors of .proto files as one TypeScript module: node scripts/bundle-descriptors.js SET OUT
import { Buffer } from 'node:buffer';
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import descriptor from 'protobufjs/ext/descriptor/index.js';

const { FileDescriptorProto, FileDescriptorSet } = descriptor;
const [set, out] = process.argv.slice(2);

/** Returns the full names of what a message or a file declares, by which reflection is asked for it. */
function symbolsOf(scope, { name, messageType = [], nestedType = [], enumType = [], service = [], ...rest }) {
  const own = name === undefined ? scope : [scope, name].filter((part) => part !== '').join('.');
  const members = [...(rest.field ?? []), ...(rest.oneofDecl ?? []), ...(rest.method ?? [])];
  const inner = [...messageType, ...nestedType, ...enumType, ...service];
  return [
    ...(name === undefined ? [] : [own]),
    ...members.map((member) => `${own}.${member.name}`),
    ...(rest.value ?? []).map((value) => `${scope}.${value.name}`), // a value's scope is that of its enum
    ...inner.flatMap((each) => symbolsOf(own, each)),
  ];
}

const files = FileDescriptorSet.decode(readFileSync(set)).file.map((file) => {
  const { name, package: scope, ...content } = FileDescriptorProto.toObject(file);
  const bytes = Buffer.from(FileDescriptorProto.encode(file).finish());
  const entry = {
    imports: content.dependency ?? [],
    symbols: symbolsOf(scope, content),
    descriptor: bytes.toString('base64'),
  };
  return [name, entry];
});
writeFileSync(
  out,
  `// Made by scripts/generate.sh from proto/. Do not edit.
/** A .proto file: what it imports and declares, and its FileDescriptorProto in base64. */
export interface ProtoFile {
  readonly imports: readonly string[];
  /** The full names of its services, methods, messages, fields, enums and their values. */
  readonly symbols: readonly string[];
  readonly descriptor: string;
}

/** Each .proto file that is served, and those that it imports, by name. */
export const protoFiles: Readonly<Record<string, ProtoFile>> = ${JSON.stringify(Object.fromEntries(files), undefined, 2)};
`,
);
